package cases

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
)

// Config configures [Run].
type Config struct {
	Cases []catalog.Case
	// Engines run the cases; the model always runs, listed or not.
	Engines []browser.EngineName
	// Timeout bounds each request of a case in an engine. Default
	// [DefaultTimeout].
	Timeout time.Duration
	// Each, if not nil, is called with each finished case, never concurrently.
	Each func(report.CaseRun)
	Lab  harness.LabConfig
}

// Run runs and judges cases: on the model against the case file, and in an engine against
// the case file and against the model with the engine's profile. It returns an error if
// the run could not start or finish; the summary then covers what was run.
func Run(ctx context.Context, cfg Config) (report.CasesSummary, error) {
	run := &casesRun{cfg: cfg}
	began := time.Now()
	err := run.all(ctx)
	run.summary.TookMillis = time.Since(began).Milliseconds()
	return run.summary, err
}

type casesRun struct {
	cfg     Config
	summary report.CasesSummary
	// runs are the cases that wait for an engine, by ID.
	runs map[string]report.CaseRun
}

func (r *casesRun) all(ctx context.Context) error {
	r.runs = map[string]report.CaseRun{}
	driven, err := r.model(ctx)
	if err != nil || len(driven) == 0 {
		return err
	}
	lab, err := harness.NewLab(r.cfg.Lab)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := lab.Close(); closeErr != nil {
			r.summary.Problems = append(r.summary.Problems, fmt.Sprintf("clean up: %v", closeErr))
		}
	}()
	return r.drive(ctx, lab, driven)
}

// model runs every case on the model, and returns those that an engine is to run
// as well.
func (r *casesRun) model(ctx context.Context) (driven []catalog.Case, err error) {
	for i := range r.cfg.Cases {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		c := &r.cfg.Cases[i]
		run := report.NewCaseRun(c)
		traces, mismatches, err := catalog.RunModel(ctx, c, nil)
		if err != nil {
			return nil, err
		}
		run.Traces = traces
		run.Verdicts = append(run.Verdicts, judge.Model(traces, mismatches))
		switch {
		case !slices.Contains(r.cfg.Engines, browser.EngineChromium):
		case !c.DrivenBy(catalog.DriverBrowser):
			run.NotRun = map[string]string{string(browser.EngineChromium): c.Because}
		default:
			r.runs[c.ID] = run
			driven = append(driven, *c)
			continue
		}
		r.end(run)
	}
	return driven, nil
}

func (r *casesRun) end(run report.CaseRun) {
	r.summary.Add(run)
	if r.cfg.Each != nil {
		r.cfg.Each(run)
	}
}

// drive runs the cases in Chromium.
func (r *casesRun) drive(ctx context.Context, lab *harness.Lab, cases []catalog.Case) error {
	driver, err := NewDriver(ctx, lab, r.cfg.Timeout)
	if err != nil {
		return err
	}
	defer driver.Close()
	for _, c := range lab.Engines() {
		r.summary.Engines = append(r.summary.Engines, engineOf(c.Info()))
	}
	if err := driver.Prepare(ctx, cases); err != nil {
		return err
	}
	began := time.Now()
	defer func() { r.summary.DrivenMillis = time.Since(began).Milliseconds() }()
	var failed error
	err = driver.Drive(ctx, cases, func(d Driven) {
		if err := r.judge(ctx, d); err != nil && failed == nil {
			failed = err
		}
	})
	switch {
	case failed != nil:
		return failed
	case err != nil && browser.IsEvidenceProblem(err) && ctx.Err() == nil:
		r.summary.Problems = append(r.summary.Problems, err.Error())
		return nil
	}
	return err
}

// judge completes a case that was driven.
func (r *casesRun) judge(ctx context.Context, d Driven) error {
	run := r.runs[d.Case.ID]
	delete(r.runs, d.Case.ID)
	predicted, _, err := catalog.RunModel(ctx, &d.Placed, &fetch.Chromium)
	if err != nil {
		return err
	}
	run.Traces = append(append(run.Traces, predicted...), d.Traces...)
	verdict := judge.Engine(&d.Placed, predicted, d.Traces)
	if verdict.End == judge.EndFailed && len(verdict.Differences) == 0 {
		if verdict.ExplainedBy, err = catalog.ExplainedBy(ctx, &d.Placed, &fetch.Chromium); err != nil {
			return err
		}
	}
	if late, err := d.late(ctx, predicted); err != nil {
		return err
	} else if late != nil && verdict.End != judge.EndPass {
		verdict.End = judge.EndUnknown
		verdict.Unknown = late.Error()
	}
	run.Verdicts = append(run.Verdicts, verdict)
	r.end(run)
	return nil
}

func engineOf(i browser.Info) report.Engine {
	return report.Engine{
		Name: i.Name, Kind: i.Kind, Version: i.Version, Path: i.Path, Flags: i.Flags, Preferences: i.Preferences, Sandbox: i.Sandbox, Canary: "passed",
	}
}

// late returns why a difference tells nothing if the time that passed between
// the requests of a case makes one, by the model.
func (d Driven) late(ctx context.Context, predicted []fetch.Trace) (why, err error) {
	if len(d.Placed.Steps) < 2 {
		return nil, nil
	}
	delayed := d.Placed.Delayed(d.Waited)
	late, _, err := catalog.RunModel(ctx, &delayed, &fetch.Chromium)
	if err != nil {
		return nil, err
	}
	for i := range late {
		if len(judge.Compare(predicted[i], late[i])) > 0 {
			return fmt.Errorf("could not observe the cache: requests arrived up to %d s apart, so a cached entry may have expired; run it on a faster or idle machine",
				slices.Max(d.Waited)), nil
		}
	}
	return nil, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers/gateway"
)

// checkReports says where the reports of a check go.
type checkReports struct {
	json, junit, markdown string
	annotations           bool
	failOn                string

	toJSON, toJUnit, toMarkdown *outputFile // nil if nobody wants it
}

func (r *checkReports) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.json, "json", "", "write all cases and findings to this `file`, as "+report.CheckSchema)
	cmd.Flags().StringVar(&r.junit, "junit", "", "write a JUnit report to this `file`")
	cmd.Flags().StringVar(&r.markdown, "markdown", "", "append a Markdown summary to this `file`, for example $GITHUB_STEP_SUMMARY")
	cmd.Flags().BoolVar(&r.annotations, "annotations", os.Getenv("GITHUB_ACTIONS") == "true", "print annotations for GitHub Actions; the default there")
	cmd.Flags().StringVar(&r.failOn, "fail-on", "", "comma-separated `severities` that set the exit code to 1: outage, hole, masked, performance, annoyance; by default all; reports list all findings in any case")
}

// A checkRun is a check that is made.
type checkRun struct {
	policy  *policy.Policy
	file    string
	target  string
	started time.Time
	// gateway is nil for a target that ran already.
	gateway *gateway.Gateway
	kind    gateway.Kind
	config  string
}

// check describes the check for a report, once the target runs.
func (run *checkRun) check() report.Check {
	c := report.Check{Started: run.started, Policy: run.file, Target: report.CheckTarget{Name: run.target}}
	if view, err := run.policy.On(run.target); err == nil {
		c.Target.URL = view.Target.URL.Text
	}
	if run.gateway != nil {
		running := run.gateway.Running()
		c.Target.Gateway, c.Target.File, c.Target.Version = string(run.kind), run.config, running.Version
		for _, s := range running.Substitutions {
			c.Substituted = append(c.Substituted, report.Substitution{At: fmt.Sprintf("%s:%d", s.File, s.Line), Was: s.From, Is: s.To})
		}
	}
	return c
}

// openReports are reports that are being written while a check goes on.
type openReports struct {
	*checkReports
	run    *checkRun
	failOn []judge.Severity

	spool *os.File // of the JSON, which has no name; nil if nobody wants it
	cases *report.CheckWriter
	suite *report.JUnit
}

// begin opens what is written case by case. Whoever began it closes it.
func (r *checkReports) begin(run *checkRun) (*openReports, error) {
	o := &openReports{checkReports: r, run: run}
	var err error
	if o.failOn, err = report.ParseFailOn(r.failOn); err != nil || r.json == "" {
		return o, err
	}
	o.spool, err = openSpool()
	return o, err
}

// find finds where the reports go, which tells at once, not after the check, that one
// can't be written.
func (r *checkReports) find() error {
	var errs [3]error
	r.toJSON, errs[0] = findOutput("--json", r.json)
	r.toJUnit, errs[1] = findOutput("--junit", r.junit)
	r.toMarkdown, errs[2] = findAppended("--markdown", r.markdown)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	return refuseSame(r.outputs())
}

// outputs are the reports that somebody wants.
func (r *checkReports) outputs() []*outputFile {
	return slices.DeleteFunc([]*outputFile{r.toJSON, r.toJUnit, r.toMarkdown}, func(o *outputFile) bool { return o == nil })
}

func (o *openReports) close() {
	if o.spool != nil {
		o.spool.Close()
	}
}

// first opens the reports that say what runs.
func (o *openReports) first() {
	if o.spool != nil && o.cases == nil {
		o.cases = report.NewCheckWriter(o.spool, o.run.check())
	}
	if o.junit != "" && o.suite == nil {
		o.suite = report.NewJUnit(o.run.check())
	}
}

func (o *openReports) add(c *judge.Checked) error {
	o.first()
	if o.cases != nil {
		o.cases.Add(c)
	}
	if o.suite != nil {
		o.suite.Add(c)
	}
	return nil
}

// end writes all reports.
func (o *openReports) end(ctx context.Context, w io.Writer, s *report.CheckSummary) error {
	o.first()
	s.FailOn = o.failOn
	report.WriteCheck(w, *s, styleOf(w))
	var errs []error
	if o.annotations {
		errs = append(errs, report.WriteAnnotations(w, *s))
	}
	if o.cases != nil {
		err := o.cases.Close(*s)
		if err == nil { // else the spool lacks something
			err = o.toJSON.keep(ctx, o.spool)
		}
		errs = append(errs, err)
	}
	if o.suite != nil {
		errs = append(errs, o.toJUnit.write(ctx, func(w io.Writer) error { return o.suite.Write(w, *s) }))
	}
	if o.markdown != "" {
		errs = append(errs, o.toMarkdown.append(ctx, func(w io.Writer) error { return report.WriteCheckMarkdown(w, o.run.check(), *s) }))
	}
	return errors.Join(errs...)
}

package scenarios

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// A Row is one statement of the proof.
type Row struct {
	Number int
	// Name is stable: `go test ./scenarios -run 'TestProof/NAME'` runs only this row.
	// Test is the name of the test.
	Name     string
	Test     string
	Sentence string
	// Missing returns the missing prerequisite of the row and how to install it, or an
	// empty string. The stage may not be open yet. Nil means that the row needs nothing
	// special.
	Missing func(ctx context.Context, stage *Stage) string
	// Part is the name of that prerequisite in CORSPROOF_REQUIRE; see [Required].
	Part string
	Legs []Leg
}

// A Leg is the experiment of a row, or one of its controls.
type Leg struct {
	Role  report.Role
	Tried string
	// Setup returns the configuration of the servers for the leg; page is the page's
	// origin.
	Setup func(page string) servers.Setup
	// Then returns the setup to which Run changes, see [Bench.change]; nil if it changes
	// none.
	Then func(page string) servers.Setup
	// Picture is the file name of the screenshot of the page after the leg's last click;
	// empty means none.
	Picture string
	// Run runs the leg. An error means that something could not be observed; an
	// observation that contradicts the statement goes to [Bench.Expect].
	Run func(ctx context.Context, b *Bench) error
}

// A Bench is what a leg runs with: the stage, and the record of its results.
type Bench struct {
	*Stage
	leg     *report.Leg
	picture string                          // see [Leg.Picture]
	then    func(page string) servers.Setup // see [Leg.Then]
}

// change makes the servers those of [Leg.Then].
func (b *Bench) change(ctx context.Context) error { return b.set(ctx, b.then(b.Page)) }

// Expect records a failure of the leg unless ok.
func (b *Bench) Expect(ok bool, format string, args ...any) {
	if !ok {
		b.leg.Failures = append(b.leg.Failures, fmt.Sprintf(format, args...))
	}
}

// Browser, Direct, Enforced and Evidence fill the leg's cells.
func (b *Bench) Browser(format string, args ...any)  { b.leg.Browser = fmt.Sprintf(format, args...) }
func (b *Bench) Direct(format string, args ...any)   { b.leg.Direct = fmt.Sprintf(format, args...) }
func (b *Bench) Enforced(format string, args ...any) { b.leg.Enforced = fmt.Sprintf(format, args...) }
func (b *Bench) Evidence(format string, args ...any) { b.leg.Evidence = fmt.Sprintf(format, args...) }

// Trace adds traces to the leg's evidence.
func (b *Bench) Trace(traces ...fetch.Trace) { b.leg.Traces = append(b.leg.Traces, traces...) }

// Fact adds an observation that is not a trace.
func (b *Bench) Fact(name string, value any) {
	if b.leg.Facts == nil {
		b.leg.Facts = map[string]any{}
	}
	b.leg.Facts[name] = value
}

// Run runs the row's legs one after another on the stage. It always returns the whole
// row; a leg that could not be observed says so.
func (r Row) Run(ctx context.Context, stage *Stage) report.Row {
	out := report.Row{Number: r.Number, Name: r.Name, Test: r.Test, Sentence: r.Sentence, End: report.EndProven}
	if r.Missing != nil {
		if out.Missing = r.Missing(ctx, stage); out.Missing != "" {
			out.End, out.Part = report.EndNotRun, r.Part
			return out
		}
	}
	for _, leg := range r.Legs {
		done := leg.run(ctx, stage)
		out.Legs = append(out.Legs, done)
		switch {
		case done.End == report.EndNotProven:
			out.End = report.EndNotProven
		case done.End == report.EndUnknown && out.End == report.EndProven:
			out.End = report.EndUnknown
		}
	}
	return out
}

func (l Leg) run(ctx context.Context, stage *Stage) report.Leg {
	began := time.Now()
	out := report.Leg{Role: l.Role, Tried: l.Tried, End: report.EndProven, Traces: []fetch.Trace{}}
	b := &Bench{Stage: stage, leg: &out, picture: l.Picture, then: l.Then}
	setup := l.Setup(stage.Page)
	out.Setup = setup.String()
	err := stage.set(ctx, setup)
	if err == nil {
		err = l.Run(ctx, b)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	out.TookMillis = time.Since(began).Milliseconds()
	if len(out.Failures) > 0 {
		out.End = report.EndNotProven
	}
	if len(out.Failures) > 0 || err != nil {
		out.Enforced, out.Evidence = "", "see below" // what the leg claims holds for a leg that is proven
	}
	stage.account(out)
	if err != nil {
		out.Unknown = err.Error()
		if len(out.Failures) == 0 {
			out.End = report.EndUnknown
		}
	}
	return out
}

// Run runs the rows one after another, and passes each to the callback when it has ended.
// It starts the servers of a row while the row before runs. It stops at once when ctx
// ends, and returns its cause.
func Run(ctx context.Context, stage *Stage, rows []Row, each func(report.Row)) ([]report.Row, error) {
	var preparing sync.WaitGroup
	defer preparing.Wait()
	var done []report.Row
	for i, r := range rows {
		if err := context.Cause(ctx); err != nil {
			return done, err
		}
		if i+1 < len(rows) {
			preparing.Go(func() { rows[i+1].prepare(ctx, stage) })
		}
		row := r.Run(ctx, stage)
		done = append(done, row)
		if each != nil {
			each(row)
		}
	}
	return done, errors.Join(context.Cause(ctx))
}

// prepare starts the servers of all legs, but for those in containers or a cluster. One that
// doesn't start is the leg's matter, which asks for it again.
func (r Row) prepare(ctx context.Context, stage *Stage) {
	if r.Missing != nil && r.Missing(ctx, stage) != "" {
		return
	}
	for _, leg := range r.Legs {
		if leg.Setup(stage.Page).Place != servers.PlaceProcesses {
			continue
		}
		stage.System.Prepare(ctx, leg.Setup(stage.Page))
		if leg.Then != nil {
			stage.System.Prepare(ctx, leg.Then(stage.Page))
		}
	}
}

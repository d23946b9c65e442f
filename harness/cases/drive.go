package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/drive"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// DefaultTimeout bounds one request of a case.
const DefaultTimeout = 5 * time.Second

// How many cases are driven at a time: their traces are complete, and handed out,
// when the last of them is over. Those with several requests share caches whose
// entries may live for five seconds alone, so they don't wait for many others.
const (
	driveBatch     = 1000
	driveSequences = 40
)

// clearAfter is how many preflights may have filled the CORS-preflight cache when a
// batch of sequences begins, else it is emptied. Chromium's holds 1024 entries and
// drops some at random when it has more, those that a case still needs among them. No
// batch makes as many as are left: that would take more than 8 for each sequence.
const clearAfter = 700

// A Driver runs cases in the lab's browser, against a scripted server of its own. It
// keeps its pages between calls. It is not safe for concurrent use; the code that created
// it closes it.
type Driver struct {
	lab      *harness.Lab
	engine   browser.Engine
	scripted *wire.Scripted
	browser  drive.Driver
	tokens   int
}

// NewDriver starts a scripted server and, if it is not running yet, the lab's browser.
// timeout bounds each request of a case; 0 means [DefaultTimeout].
func NewDriver(ctx context.Context, lab *harness.Lab, timeout time.Duration) (*Driver, error) {
	scripted, err := wire.NewScripted(wire.ScriptedConfig{Router: lab.Router, CA: lab.CA, Clock: lab.Clock})
	if err != nil {
		return nil, err
	}
	d := &Driver{lab: lab, scripted: scripted}
	d.browser = drive.Driver{Timeout: cmp.Or(timeout, DefaultTimeout), Pages: drive.NewPages(drive.PagesConfig{
		Serve: func(origin string) error { return scripted.Serve(origin, wire.ServedHTTP1) },
		Open: func(ctx context.Context, origin string, _ int) (browser.Page, error) {
			return d.engine.Open(ctx, origin)
		},
	})}
	for _, r := range scripted.Recorders() {
		if err := lab.Watch(r); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	if d.engine, err = lab.Chromium(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.browser.Engine = d.engine
	return d, nil
}

// Close closes the pages and the scripted server.
func (d *Driver) Close() error {
	d.browser.Pages.Close()
	return d.scripted.Close()
}

// A Driven is a case that was run in the browser.
type Driven struct {
	Case *catalog.Case
	// Placed is the case as it was run, see [catalog.Case.Place] and
	// [catalog.Case.Reusing].
	Placed catalog.Case
	drive.Run
}

// Drive runs the cases, many concurrently, and calls each with every finished case, never
// concurrently. A request that could not be observed has an unknown trace, and so has one
// beside which the browser sent something else. The error says what of the evidence is
// not reliable, or that ctx ended; cases that each already got stay valid.
func (d *Driver) Drive(ctx context.Context, cases []catalog.Case, each func(Driven)) error {
	var problems []error
	filled := clearAfter + 1 // nobody counted what others left
	for _, cases := range batches(cases) {
		batch, err := d.place(ctx, cases)
		if err == nil && len(cases[0].Steps) > 1 && filled > clearAfter {
			err = d.engine.ClearCaches(ctx) // no case needs what those before left
			filled = 0
		}
		if err == nil {
			err = batch.run(ctx)
			filled += batch.preflights()
			batch.finish(each)
			d.forget()
		}
		if err != nil {
			problems = append(problems, err)
			if !browser.IsEvidenceProblem(err) {
				break
			}
		}
	}
	return errors.Join(problems...)
}

// batches sorts the cases into those that are driven together, sequences first.
func batches(cases []catalog.Case) [][]catalog.Case {
	var sequences, singles []catalog.Case
	for _, c := range cases {
		if len(c.Steps) > 1 {
			sequences = append(sequences, c)
		} else {
			singles = append(singles, c)
		}
	}
	return slices.AppendSeq(slices.Collect(slices.Chunk(sequences, driveSequences)), slices.Chunk(singles, driveBatch))
}

// forget lets go of what was recorded, so that a long run doesn't grow.
func (d *Driver) forget() {
	for _, r := range d.scripted.Recorders() {
		r.Forget(r.Mark())
	}
	d.lab.Router.Forget(d.lab.Router.Mark())
}

// Prepare opens the pages that the cases need, so that no case waits for a page.
func (d *Driver) Prepare(ctx context.Context, cases []catalog.Case) error {
	for i := range cases {
		for _, s := range cases[i].AllSteps() {
			if _, err := d.browser.Pages.Page(ctx, cases[i].PageOrigin(s), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// A driving is a batch of cases in progress.
type driving struct {
	driver *Driver
	cases  []*Driven
}

// place gives each case URLs of its own, and serves its origins.
func (d *Driver) place(ctx context.Context, cases []catalog.Case) (*driving, error) {
	b := &driving{driver: d}
	for i := range cases {
		c := &cases[i]
		d.tokens++
		token := "t" + strconv.FormatInt(int64(d.tokens), 36)
		driven := &Driven{Case: c, Placed: c.Place(token)}
		driven.Run = runOf(c.ID, &driven.Placed, token)
		b.cases = append(b.cases, driven)
		for origin, http2 := range driven.Placed.Origins() {
			protocol := wire.ServedHTTP1
			if http2 {
				protocol = wire.ServedHTTP2
			}
			if err := d.scripted.Serve(origin, protocol); err != nil {
				return nil, fmt.Errorf("case %s: %w", c.ID, err)
			}
		}
	}
	return b, d.Prepare(ctx, cases)
}

// runOf is what the browser has to do for a case that is placed below a token, with
// which the paths of its URLs begin.
func runOf(id string, placed *catalog.Case, token string) drive.Run {
	r := drive.Run{Case: id, Owns: func(x fetch.Exchange) bool {
		path, _, _ := strings.Cut(strings.TrimPrefix(x.Request.Target, "/"), "/")
		return path == token
	}}
	for _, s := range placed.AllSteps() {
		r.Requests = append(r.Requests, drive.Request{Page: placed.PageOrigin(s), Fetch: placed.FetchRequest(s)})
	}
	return r
}

// run makes the first request of each case, then the second of those that have
// one, and so on.
func (b *driving) run(ctx context.Context) error {
	runs, steps := make([]*drive.Run, len(b.cases)), 0
	for i, driven := range b.cases {
		runs[i] = &driven.Run
		steps = max(steps, len(driven.Requests))
	}
	var problems []error
	for step := range steps {
		keys, err := b.script(step)
		if err != nil {
			return err
		}
		if err := b.driver.browser.Step(ctx, step, runs); err != nil {
			problems = append(problems, err)
			if !browser.IsEvidenceProblem(err) {
				return errors.Join(problems...)
			}
		}
		b.driver.scripted.Remove(keys...)
		// Each is an exchange that the case doesn't expect, so the traces have it.
		b.driver.scripted.TakeUnexpected()
	}
	return errors.Join(problems...)
}

// script tells the server what the cases say to their requests of a step.
func (b *driving) script(step int) (keys []string, err error) {
	var answers []wire.ScriptedAnswer
	for _, driven := range b.cases {
		steps := driven.Placed.AllSteps()
		if step >= len(steps) {
			continue
		}
		for _, a := range steps[step].Server {
			answer := scripted(a)
			answers = append(answers, answer)
			keys = append(keys, answer.To)
		}
	}
	return keys, b.driver.scripted.Set(answers...)
}

// scripted is a case's answer as the server writes it: line by line.
func scripted(a catalog.Answer) wire.ScriptedAnswer {
	out := wire.ScriptedAnswer{To: a.OnTheWire(), Status: a.Status, Body: fetch.IsomorphicDecode([]byte(a.Body)), Behaviour: behaviours[a.Fails]}
	for _, line := range a.Headers {
		out.RawHeaders = append(out.RawHeaders, string(line))
	}
	return out
}

var behaviours = map[catalog.Failure]wire.Behaviour{
	catalog.FailureReset:   wire.BehaviourReset,
	catalog.FailureClosed:  wire.BehaviourClose,
	catalog.FailureGarbage: wire.BehaviourGarbage,
	catalog.FailureSilent:  wire.BehaviourSilent,
}

// preflights counts those that were made.
func (b *driving) preflights() (n int) {
	for _, driven := range b.cases {
		for _, t := range driven.Traces {
			for _, x := range t.Exchanges {
				if x.Kind == fetch.ExchangePreflight {
					n++
				}
			}
		}
	}
	return n
}

// finish hands out the cases all of whose requests were made.
func (b *driving) finish(each func(Driven)) {
	for _, driven := range b.cases {
		if driven.Whole() {
			driven.Placed = driven.Placed.Reusing(driven.Traces)
			each(*driven)
		}
	}
}

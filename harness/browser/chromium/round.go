package chromium

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// roundLimit is the most jobs that are given to pages at once: their evidence
// is complete, and handed out, when the last of them is over.
const roundLimit = 1000

// A task is a job and the page that is to do it.
type task struct {
	page *chromiumPage
	job  browser.Job
}

// rounds splits tasks so that no two of a round have one URL: where both sides
// name a request by method, address and target, they must not be the same.
func rounds(tasks []task) [][]task {
	var out [][]task
	next := map[string]int{} // by URL, the first round that hasn't got it
	for _, t := range tasks {
		url := witness.WithoutFragment(t.job.Request.URL)
		at := next[url]
		for at < len(out) && len(out[at]) >= roundLimit {
			at++
		}
		if at == len(out) {
			out = append(out, nil)
		}
		out[at] = append(out[at], t)
		next[url] = at + 1
	}
	return out
}

// A part is what one page has to do in a round.
type part struct {
	page *chromiumPage
	jobs []browser.Job

	hung     bool
	answers  []answer
	unproven map[string]error
}

// A round is what some pages do at a time, and what is seen of it.
type round struct {
	browser *Browser
	parts   []*part
	window  witness.Window
	stray   []fetch.Exchange
}

// round makes the calls of one round and hands out what came of them.
func (c *Browser) round(ctx context.Context, tasks []task, each func(browser.Observation)) error {
	r := &round{browser: c, parts: parts(tasks)}
	if err := r.begin(ctx); err != nil {
		return err
	}
	if err := r.call(ctx); err != nil {
		r.leave()
		return err
	}
	limit := c.cfg.Timeouts.Settle
	settled, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %v", limit))
	defer cancel()
	r.join()
	r.proveAbsence(settled)
	r.window.AwaitEnds(settled)
	if err := context.Cause(ctx); err != nil {
		r.leave()
		return err
	}
	r.join()
	return r.conclude(each)
}

// parts sorts tasks by their pages.
func parts(tasks []task) []*part {
	var out []*part
	for _, t := range tasks {
		i := slices.IndexFunc(out, func(p *part) bool { return p.page == t.page })
		if i < 0 {
			i, out = len(out), append(out, &part{page: t.page})
		}
		out[i].jobs = append(out[i].jobs, t.job)
	}
	return out
}

// begin makes every page ready, and begins to look at what the recorders have.
func (r *round) begin(ctx context.Context) error {
	var recorders []*wire.Recorder
	for _, p := range r.parts {
		if err := p.page.refresh(ctx); err != nil {
			return err
		}
		for _, recorder := range p.page.recorders() {
			if !slices.Contains(recorders, recorder) {
				recorders = append(recorders, recorder)
			}
		}
	}
	for _, p := range r.parts {
		p.page.tab.session.reset()
		p.page.rounds++
	}
	r.window = witness.OpenWindow(r.browser.cfg.Router, recorders)
	return nil
}

// call has all pages make their calls, and waits for the last.
func (r *round) call(ctx context.Context) error {
	err := r.all(func(p *part) (err error) {
		p.hung, err = p.page.call(ctx, p.jobs)
		return err
	})
	for _, p := range r.parts {
		if err == nil && p.hung {
			// Only a new document can send the sentinels.
			p.page.leave()
			err = p.page.refresh(ctx)
		}
	}
	return err
}

// all does something with every part at once.
func (r *round) all(do func(p *part) error) error {
	errs := make([]error, len(r.parts))
	var wg sync.WaitGroup
	for i, p := range r.parts {
		wg.Go(func() { errs[i] = do(p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// leave ends the documents of all pages, so that none of their calls falls into
// a later observation.
func (r *round) leave() {
	for _, p := range r.parts {
		p.page.leave()
	}
}

// join brings the witnesses of each part together.
func (r *round) join() {
	rec := r.window.Look()
	for _, p := range r.parts {
		p.answers = p.page.join(p.jobs, rec)
	}
	r.stray = rec.Unclaimed()
}

// proveAbsence has each page prove that it sent nothing more to the servers that
// it asked.
func (r *round) proveAbsence(ctx context.Context) {
	r.all(func(p *part) error {
		var urls []string
		modes := map[string]fetch.CredentialsMode{} // of what was sent, by origin
		for _, a := range p.answers {
			urls = append(urls, a.chain.URLs...)
			if a.chain.Sent() {
				for _, u := range a.chain.URLs {
					modes[witness.OriginOf(u)] = cmp.Or(a.job.Request.Credentials, fetch.CredentialsSameOrigin)
				}
			}
		}
		p.unproven = r.window.ProveAbsence(ctx, urls, modes, p.page.sentinels)
		return nil
	})
}

func (r *round) conclude(each func(browser.Observation)) error {
	var problems []error
	for _, p := range r.parts {
		problems = append(problems, p.page.conclude(r.window, p.answers, p.unproven, each))
	}
	return errors.Join(append(problems, r.browser.noteStray(r.stray))...)
}

// originsOf names the origins that the tasks are done at.
func originsOf(tasks []task) string {
	var out []string
	for _, p := range parts(tasks) {
		out = append(out, p.page.origin)
	}
	return strings.Join(out, ", ")
}

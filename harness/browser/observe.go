package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// roundLimit is the most jobs that are given to a page at once: their evidence
// is complete, and handed out, when the last of them is over.
const roundLimit = 1000

// Observe implements [Page]. It waits while another observation of the browser
// runs.
func (p *chromiumPage) Observe(ctx context.Context, jobs []Job, each func(Observation)) error {
	if err := p.check(jobs); err != nil {
		return err
	}
	release, err := p.tab.browser.observe(ctx)
	if err != nil {
		return fmt.Errorf("observe from %s: %w", p.origin, err)
	}
	defer release()
	var problems []error
	for _, jobs := range rounds(jobs) {
		err := p.round(ctx, jobs, each)
		if err == nil {
			continue
		}
		problems = append(problems, err)
		if !isEvidenceProblem(err) {
			break
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("observe from %s: %w", p.origin, err)
	}
	return nil
}

// isEvidenceProblem reports whether later rounds can still be observed.
func isEvidenceProblem(err error) bool {
	if _, ok := errors.AsType[*DisagreementError](err); ok {
		return true
	}
	_, ok := errors.AsType[*StrayError](err)
	return ok
}

// rounds splits jobs so that no two of a round have one URL: where both sides
// name a request by method, address and target, they must not be the same.
func rounds(jobs []Job) [][]Job {
	var out [][]Job
	next := map[string]int{} // by URL, the first round that hasn't got it
	for _, j := range jobs {
		url, _, _ := strings.Cut(j.Request.URL, "#")
		at := next[url]
		for at < len(out) && len(out[at]) >= roundLimit {
			at++
		}
		if at == len(out) {
			out = append(out, nil)
		}
		out[at] = append(out[at], j)
		next[url] = at + 1
	}
	return out
}

// check finds what no page could do, before anything is sent.
func (p *chromiumPage) check(jobs []Job) error {
	ids := map[string]bool{}
	var problems []error
	for _, j := range jobs {
		if ids[j.ID] {
			problems = append(problems, fmt.Errorf("job %q: its ID is not unique", j.ID))
		}
		ids[j.ID] = true
		if err := checkRequest(j.Request, p.origin); err != nil {
			problems = append(problems, fmt.Errorf("job %q: %w", j.ID, err))
		}
	}
	return errors.Join(problems...)
}

func checkRequest(r fetch.Request, origin string) error {
	if r.Origin != "" && r.Origin != origin {
		return fmt.Errorf("its origin is %q, the page's %q", r.Origin, origin)
	}
	switch r.API {
	case "", fetch.APIFetch:
		if r.UploadListener {
			return errors.New("fetch() has no upload listener: set API to xhr")
		}
	case fetch.APIXHR:
		switch {
		case r.Mode != "" && r.Mode != fetch.ModeCORS,
			r.Credentials == fetch.CredentialsOmit,
			r.Cache != "" && r.Cache != fetch.CacheDefault,
			r.Redirect != "" && r.Redirect != fetch.RedirectFollow,
			r.ReferrerPolicy != "", r.Integrity != "", r.Keepalive,
			r.Body != nil && r.Body.Kind == fetch.BodyStream:
			return errors.New("XMLHttpRequest has no mode, no credentials mode omit, no cache or redirect mode, no referrer policy, no integrity, no keepalive and no streamed body: set API to fetch")
		}
	default:
		return fmt.Errorf("unknown API %q: use fetch or xhr", r.API)
	}
	if r.Body != nil {
		switch r.Body.Kind {
		case "", fetch.BodyText, fetch.BodyBytes, fetch.BodyBlob, fetch.BodyStream:
		default:
			return fmt.Errorf("unknown body kind %q: use text, bytes, blob or stream", r.Body.Kind)
		}
		if _, ok := fetch.IsomorphicEncode(r.Body.Bytes); !ok {
			return errors.New("its body holds a code point above U+00FF: isomorphic decode the bytes")
		}
	}
	for _, h := range r.Headers {
		for _, s := range h {
			if _, ok := fetch.IsomorphicEncode(s); !ok {
				return fmt.Errorf("its header %q holds a code point above U+00FF: isomorphic decode the bytes", h.Name())
			}
		}
	}
	return nil
}

// A window is the stretch of every recording that one observation looks at.
type window struct {
	browser   *Chromium
	recorders []*wire.Recorder
	marks     []wire.Mark
}

func (c *Chromium) openWindow(recorders []*wire.Recorder) window {
	w := window{browser: c, recorders: recorders}
	for _, r := range recorders {
		w.marks = append(w.marks, r.Mark())
	}
	return w
}

// look returns what arrived since the window was opened.
func (w window) look() *recording {
	var exchanges []fetch.Exchange
	var addresses []string
	for i, r := range w.recorders {
		exchanges = append(exchanges, r.Since(w.marks[i])...)
		addresses = append(addresses, r.Addr())
	}
	return newRecording(exchanges, w.browser.cfg.Router.Connections(), addresses)
}

// round makes the calls of one round and hands out what came of them.
func (p *chromiumPage) round(ctx context.Context, jobs []Job, each func(Observation)) error {
	c, s := p.tab.browser, p.tab.session
	if err := p.refresh(ctx); err != nil {
		return err
	}
	s.reset()
	w := c.openWindow(p.recorders())
	p.rounds++
	if err := p.run(ctx, jobs); err != nil {
		p.stale = true
		return err
	}
	hung, err := p.settle(ctx, jobs)
	if err != nil {
		p.stale = true
		return err
	}
	if hung {
		// Only a new document can send the sentinels, and ends what still runs.
		p.stale = true
		if err := p.refresh(ctx); err != nil {
			return err
		}
	}
	settled, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Settle)
	defer cancel()
	absent := w.proveAbsence(settled, p.tab, p.sentinel)
	if err := ctx.Err(); err != nil {
		p.stale = true
		return context.Cause(ctx)
	}
	j := p.join(settled, jobs, w)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return errors.Join(p.conclude(jobs, j, absent, each), c.noteStray(j.stray))
}

// run gives the jobs to the page.
func (p *chromiumPage) run(ctx context.Context, jobs []Job) error {
	type pageJob struct {
		Index   int            `json:"index"`
		Timeout int64          `json:"timeout"` // in milliseconds
		Request *fetch.Request `json:"request"`
	}
	list := make([]pageJob, len(jobs))
	for i := range jobs {
		list[i] = pageJob{i, p.timeout(jobs[i]).Milliseconds(), &jobs[i].Request}
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode the jobs: %w", err)
	}
	_, err = eval[any](ctx, p.tab, runtime.EvaluateParams{
		Expression: fmt.Sprintf("corsproof.run(%d, %s)", p.rounds, encoded),
	})
	return err
}

func (p *chromiumPage) timeout(j Job) time.Duration {
	if j.Timeout > 0 {
		return j.Timeout
	}
	return p.tab.browser.cfg.Timeouts.Job
}

// settle waits until each job has been reported. It returns hung if the page
// stays silent for longer than any job may.
func (p *chromiumPage) settle(ctx context.Context, jobs []Job) (hung bool, err error) {
	silence := p.tab.browser.cfg.Timeouts.Stall
	for _, j := range jobs {
		silence = max(silence, p.timeout(j)+p.tab.browser.cfg.Timeouts.Stall)
	}
	s := p.tab.session
	seen := 0
	for {
		waiting, cancel := context.WithTimeoutCause(ctx, silence, errSilent)
		err := s.wait(waiting, func() bool {
			more := len(s.reports) > seen
			seen = len(s.reports)
			return more
		})
		cancel()
		switch {
		case errors.Is(err, errSilent):
			return true, nil
		case err != nil:
			return false, err
		case seen >= len(jobs):
			return false, nil
		}
	}
}

var errSilent = errors.New("the page is silent")

// A joined round: by job, the report and the chain on the wire.
type joined struct {
	recording *recording
	reports   []*report // nil for a job without one
	chains    [][]chain
	stray     []fetch.Exchange
}

// join brings the witnesses of a round together. It waits, until ctx ends, for
// events that a recorder shows to be due.
func (p *chromiumPage) join(ctx context.Context, jobs []Job, w window) joined {
	s := p.tab.session
	var j joined
	attempt := func() {
		j = joined{
			recording: w.look(),
			reports:   make([]*report, len(jobs)),
			chains:    make([][]chain, len(jobs)),
		}
		for i := range s.reports {
			r := &s.reports[i]
			if r.Round != p.rounds || r.Index < 0 || r.Index >= len(jobs) {
				continue
			}
			j.reports[r.Index] = r
			for _, q := range r.requests {
				j.chains[r.Index] = append(j.chains[r.Index], j.recording.join(q, s.preceded[q.id]))
			}
		}
		j.stray = j.recording.unclaimed()
	}
	err := s.wait(ctx, func() bool {
		for _, r := range s.reports {
			for _, q := range r.requests {
				if !q.told(r.Kind) {
					return false
				}
			}
		}
		attempt()
		return len(j.stray) == 0
	})
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		attempt()
	}
	return j
}

// told reports whether the protocol has said what it says of a request whose
// call ended as kind.
func (r *request) told(kind string) bool {
	switch fetch.OutcomeKind(kind) {
	case fetch.OutcomeResponse:
		return r.received != nil || r.ended()
	case fetch.OutcomeNetworkError:
		return r.ended()
	}
	return true
}

// conclude makes observations of a joined round and hands them out.
func (p *chromiumPage) conclude(jobs []Job, j joined, absent error, each func(Observation)) error {
	var problems []error
	for i, job := range jobs {
		trace := fetch.Trace{
			Schema:    fetch.TraceSchema,
			Case:      job.ID,
			Caller:    p.tab.browser.info.Caller(),
			Request:   job.Request,
			Exchanges: []fetch.Exchange{},
		}
		trace.Request.Origin = p.origin
		for _, c := range j.chains[i] {
			trace.Exchanges = append(trace.Exchanges, c.exchanges...)
		}
		trace.Outcome = p.outcome(job, j.reports[i], j.chains[i])
		err := disagreement(job, j.reports[i], j.chains[i])
		if err != nil {
			problems = append(problems, err)
		} else {
			err = absent
		}
		if err != nil && trace.Outcome.Kind != fetch.OutcomeUnknown {
			trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}
		}
		each(Observation{ID: job.ID, Trace: trace})
	}
	if absent != nil {
		problems = append(problems, absent)
	}
	return errors.Join(problems...)
}

// outcome is what the page's report says, with the protocol's reason.
func (p *chromiumPage) outcome(job Job, r *report, chains []chain) fetch.Outcome {
	if r == nil {
		return fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "the page hung and never reported"}
	}
	switch kind := fetch.OutcomeKind(r.Kind); kind {
	case fetch.OutcomeResponse:
		headers := make(fetch.HeaderList, len(r.Headers))
		for i, h := range r.Headers {
			headers[i] = fetch.Header(h)
		}
		return fetch.Outcome{Kind: kind, Response: &fetch.ReadResponse{
			Type:       fetch.ResponseType(r.Type),
			Status:     r.Status,
			URL:        r.ResponseURL,
			Redirected: r.Redirected,
			Headers:    headers.Redacted(),
			Body:       r.payload(),
		}}
	case fetch.OutcomeRefused:
		return fetch.Outcome{Kind: kind, Error: r.Error}
	case fetch.OutcomeNetworkError:
		out := fetch.Outcome{Kind: kind, Error: r.Error}
		if len(chains) > 0 {
			failed := chains[len(chains)-1].request.failed
			out.Block = blockOf(failed)
			if out.Block == nil && failed != nil {
				out.Error += " (" + failed.ErrorText + ")"
			}
		}
		return out
	case fetch.OutcomeUnknown:
		return fetch.Outcome{Kind: kind, Error: fmt.Sprintf("no outcome within %v", p.timeout(job))}
	}
	return fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("the page reported %q", r.Kind)}
}

// payload returns the body that the page read.
func (r *report) payload() fetch.Payload {
	if r.Body == nil {
		return fetch.Payload{Digest: "sha256:" + r.Digest, Length: r.Length, Prefix: r.Prefix}
	}
	body, _ := fetch.IsomorphicEncode(*r.Body)
	return fetch.PayloadOf(body)
}

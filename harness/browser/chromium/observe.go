package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/chromedp/cdproto/runtime"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
)

// Observe implements [browser.Page].
func (p *chromiumPage) Observe(ctx context.Context, jobs []browser.Job, each func(browser.Observation)) error {
	return p.browser.Observe(ctx, []browser.PageJobs{{Page: p, Jobs: jobs}}, each)
}

// Observe implements [Engine]. It waits while another observation of the browser
// runs.
func (c *Browser) Observe(ctx context.Context, calls []browser.PageJobs, each func(browser.Observation)) error {
	tasks, err := c.tasks(calls)
	if err != nil {
		return err
	}
	release, err := c.observe(ctx)
	if err != nil {
		return fmt.Errorf("observe from %s: %w", originsOf(tasks), err)
	}
	defer release()
	var problems []error
	for _, tasks := range rounds(tasks) {
		err := c.round(ctx, tasks, each)
		if err == nil {
			continue
		}
		problems = append(problems, err)
		if !browser.IsEvidenceProblem(err) {
			break
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("observe from %s: %w", originsOf(tasks), err)
	}
	return nil
}

// call gives the jobs to the page and waits until each has been reported. It
// returns hung for a page that does not answer.
func (p *chromiumPage) call(ctx context.Context, jobs []browser.Job) (hung bool, err error) {
	starting, cancel := context.WithTimeoutCause(ctx, p.browser.cfg.Timeouts.Stall, errSilent)
	defer cancel()
	switch err := p.run(starting, jobs); {
	case errors.Is(err, errSilent):
		return true, nil
	case err != nil:
		return false, err
	}
	return p.settle(ctx, jobs)
}

// run gives the jobs to the page.
func (p *chromiumPage) run(ctx context.Context, jobs []browser.Job) error {
	type pageJob struct {
		Index   int            `json:"index"`
		Timeout int64          `json:"timeout"` // in milliseconds
		Parse   bool           `json:"parse,omitempty"`
		Request *fetch.Request `json:"request"`
	}
	list := make([]pageJob, len(jobs))
	for i := range jobs {
		list[i] = pageJob{i, p.timeout(jobs[i]).Milliseconds(), !plainURL.MatchString(jobs[i].Request.URL), &jobs[i].Request}
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

// plainURL matches URLs that every URL parser leaves as they are, so that the
// page need not be asked what it makes of them.
var plainURL = regexp.MustCompile(`^https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9][0-9]{3,4})?/([A-Za-z0-9_-]+/?)*(\?[A-Za-z0-9_=&-]*)?$`)

func (p *chromiumPage) timeout(j browser.Job) time.Duration {
	if j.Timeout > 0 {
		return j.Timeout
	}
	return p.browser.cfg.Timeouts.Job
}

// settle waits until each job has been reported. It returns hung if the page
// stays silent for longer than any job may.
func (p *chromiumPage) settle(ctx context.Context, jobs []browser.Job) (hung bool, err error) {
	silence := p.browser.cfg.Timeouts.Stall
	for _, j := range jobs {
		silence = max(silence, p.timeout(j)+p.browser.cfg.Timeouts.Stall)
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

// An answer is what the witnesses say of one job.
type answer struct {
	job    browser.Job
	report *witness.Report // the page; nil if it said nothing
	why    *explanation    // the protocol: why the call failed
	chain  witness.Chain   // the recorders
}

// join brings the witnesses of the page's part of a round together. A call's URL
// is its own in the round, so the URL tells whose an exchange, a report or an
// entry of the log is.
func (p *chromiumPage) join(jobs []browser.Job, rec *witness.Recording) []answer {
	s := p.tab.session
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := make([]answer, len(jobs))
	for i := range s.reports {
		if r := &s.reports[i]; r.Round == p.rounds && r.Index >= 0 && r.Index < len(jobs) {
			answers[r.Index].report = r
		}
	}
	byFirst, byLast := map[string]*explanation{}, map[string]*explanation{}
	for i := range s.explanations {
		x := &s.explanations[i]
		if x.sentence != "" {
			byFirst[x.first] = x
		} else {
			byLast[x.url] = x
		}
	}
	for i, job := range jobs {
		a := &answers[i]
		a.job = job
		url := witness.WithoutFragment(job.Request.URL)
		if a.report != nil && a.report.URL != "" {
			url = a.report.URL
		}
		stop := ""
		if a.why = byFirst[url]; a.why != nil && a.why.sentence != integritySentence {
			stop = a.why.url // integrity is of what came last, and the call's own URL is named
		}
		a.chain = rec.Follow(job.Request, url, stop)
		a.explain(byLast)
	}
	return answers
}

// explain completes the explanation with the network error of the URL at which
// the call ended, and notes both in the exchange that they are about.
func (a *answer) explain(byLast map[string]*explanation) {
	if a.report == nil || a.report.Kind != string(fetch.OutcomeNetworkError) {
		return
	}
	at := ""
	if n := len(a.chain.URLs); n > 0 {
		at = a.chain.URLs[n-1]
	}
	if a.why != nil {
		at = a.why.url
	}
	if failed := byLast[at]; failed != nil {
		if a.why == nil {
			a.why = failed
		}
		a.why.netError, a.why.requestID = failed.netError, failed.requestID
	}
	if a.why == nil || len(a.chain.Exchanges) == 0 {
		return
	}
	view := &fetch.ProtocolView{RequestID: a.why.requestID, ErrorText: a.why.netError}
	if block := a.why.block(); block != nil {
		view.CORSError, view.FailedParameter = block.Code, block.Parameter
	}
	a.chain.Exchanges[len(a.chain.Exchanges)-1].Protocol = view
}

// conclude makes observations of the answers and hands them out.
func (p *chromiumPage) conclude(w witness.Window, answers []answer, unproven map[string]error, each func(browser.Observation)) error {
	var problems []error
	for _, a := range answers {
		trace := fetch.Trace{
			Schema:    fetch.TraceSchema,
			Case:      a.job.ID,
			Caller:    p.browser.info.Caller(),
			Request:   a.job.Request,
			Exchanges: a.chain.Exchanges,
			Outcome:   p.outcome(a),
		}
		trace.Request.Origin, trace.Request.Headers = p.origin, a.job.Request.Headers.Redacted()
		if trace.Exchanges == nil {
			trace.Exchanges = []fetch.Exchange{}
		}
		err := a.chain.Contradicted(a.job, a.report, a.blocked(), w.Before)
		if err != nil {
			problems = append(problems, err)
		} else {
			err = a.unproven(unproven)
		}
		if err != nil && trace.Outcome.Kind != fetch.OutcomeUnknown {
			trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}
		}
		each(browser.Observation{ID: a.job.ID, Trace: trace})
	}
	return errors.Join(problems...)
}

// blocked is the sentence with which the browser says that it blocked the call.
func (a *answer) blocked() string {
	if a.why == nil {
		return ""
	}
	return a.why.sentence
}

// unproven returns why it can't be told that the call sent nothing more, if that
// is so for one of the servers that it asked.
func (a *answer) unproven(byOrigin map[string]error) error {
	for _, url := range a.chain.URLs {
		if err := byOrigin[witness.OriginOf(url)]; err != nil {
			return err
		}
	}
	return nil
}

// outcome is what the page's report says, with the protocol's reason.
func (p *chromiumPage) outcome(a answer) fetch.Outcome {
	r := a.report
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
			Body:       r.Payload(),
		}}
	case fetch.OutcomeRefused:
		return fetch.Outcome{Kind: kind, Error: r.Error}
	case fetch.OutcomeNetworkError:
		out := fetch.Outcome{Kind: kind, Error: r.Error}
		if a.why != nil {
			out.Block = a.why.blockIn(a.job.Request.Mode)
			if out.Block == nil {
				out.Error += " (" + a.why.netError + ")"
			}
		}
		return out
	case fetch.OutcomeUnknown:
		return fetch.Outcome{Kind: kind, Error: fmt.Sprintf("no outcome within %v", p.timeout(a.job))}
	}
	return fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("the page reported %q", r.Kind)}
}

package check

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/target"
)

// A surveyor finds out, from what came of requests and before any of it is judged,
// whether there is a target to judge: one that answers, wants no certificate that
// nobody here has, and doesn't refuse requests for their number. What it asks for
// that is not judged.
type surveyor struct {
	plan  *plan
	rig   *rig
	asker asker

	// answered is a case that the target answered; nil before there is one.
	answered *catalog.PolicyCase
	// limit says that the target limits requests; empty before that is known.
	limit string
}

// survey looks at what came of cases, over HTTP or in a browser. The error says why
// nothing can be judged.
func (s *surveyor) survey(ctx context.Context, traces casesWithTraces) error {
	if err := s.stillAnswers(ctx, traces); err != nil {
		return err
	}
	if err := s.noticeCertificate(traces); err != nil {
		return err
	}
	return s.noticeLimit(ctx, traces)
}

// stillAnswers is an error if requests had no answer and the target doesn't answer
// another one either: one that it has answered before, or whatever there is to ask.
func (s *surveyor) stillAnswers(ctx context.Context, traces casesWithTraces) error {
	asked, reason := 0, ""
	for pc, all := range traces {
		whole := true
		for _, t := range all {
			asked += len(t.Exchanges)
			if why := unanswered(t, s.rig.origin); why != "" {
				reason, whole = why, false
			}
		}
		if whole && s.answered == nil && len(all) == 1 && answersCame(all[0]) && mannerOf(pc) == mannerTogether {
			known := *pc
			s.answered = &known
		}
	}
	if reason == "" {
		return nil
	}
	reason = s.asker.secrets.text(reason)
	if err := s.rig.alive(); err != nil {
		return err
	}
	others := []*catalog.PolicyCase{s.answered}
	if s.answered == nil {
		var err error
		if others, err = s.plan.context(s.rig.http2, false); err != nil {
			return err
		}
	}
	made, err := s.asker.ask(ctx, others, mannerTogether, nil)
	if err != nil {
		return err
	}
	for _, p := range made {
		for _, t := range p.traces {
			if answersCame(t) && unanswered(t, s.rig.origin) == "" {
				return nil
			}
		}
	}
	if s.answered != nil {
		return fmt.Errorf("the target stopped answering: %s, and it no longer answers a request that it answered before", reason)
	}
	if where := strings.Join(s.rig.facts.ClientCertificates, "; "); where != "" {
		return fmt.Errorf("the target answered none of %d requests; the last: %s: it requires a client certificate (%s), and the check cannot present one", asked, reason, where)
	}
	return fmt.Errorf("the target answered none of %d requests; the last: %s; check its URL and port", asked, reason)
}

// noticeCertificate is an error if the target asks for a certificate that nobody here
// has: neither a direct client, nor a browser for what it sends without credentials,
// such as a preflight, https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (s *surveyor) noticeCertificate(traces casesWithTraces) error {
	for _, all := range traces {
		for _, t := range all {
			for _, x := range t.Exchanges {
				if x.Response == nil || s.rig.facts.Reason(x.Response.Status, x.Response.Body.Prefix) != target.ReasonNoClientCertificate {
					continue
				}
				where := strings.Join(s.rig.facts.ClientCertificates, "; ")
				if where != "" {
					where = " (" + where + ")"
				}
				return fmt.Errorf("the target requires a client certificate%s: it answered %s without one with status %d, and the check cannot present one; "+
					"make it optional, since preflights never carry one, or check a config without it", where, x.Request.Method, x.Response.Status)
			}
		}
	}
	return nil
}

// After a rate-limited request the target gets a pause of limitPause before the same
// request is sent again, up to limitLooks times.
const (
	limitPause = time.Second
	limitLooks = 3
)

// noticeLimit finds out whether the target refused requests for their number: if it
// answers otherwise a case that it refused, once it was left alone. The second answer
// isn't judged, nor the first. That preflights alone are refused is a mistake in what
// the target says of CORS.
func (s *surveyor) noticeLimit(ctx context.Context, traces casesWithTraces) error {
	if s.limit != "" {
		return nil
	}
	steady := map[string]bool{} // routes that always answer so
	for pc, got := range traces {
		if steady[pc.Route] || !slices.ContainsFunc(got, showsRefusal) {
			continue // before what the policy calls for is worked out, for each case
		}
		want, err := pc.Expect(ctx, nil)
		if err != nil {
			return err
		}
		x := limitedIn(pc, s.rig.origin, want, got)
		if x == nil || x.Request.IsPreflight() {
			continue
		}
		for range limitLooks {
			select {
			case <-time.After(limitPause):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			made, err := s.asker.ask(ctx, []*catalog.PolicyCase{pc}, mannerTogether, nil)
			if err != nil {
				return err
			}
			again := made[pc.Signature]
			if again.missing == "" && limitedIn(pc, s.rig.origin, want, again.traces) == nil {
				s.limit = sayLimit(s.rig.facts.Limits, x.Response.Status)
				return nil
			}
		}
		steady[pc.Route] = true
	}
	return nil
}

func sayLimit(places []string, status int) string {
	where := strings.Join(places, "; ")
	if where != "" {
		where = " (" + where + ")"
	}
	return fmt.Sprintf("the target rate-limits requests%s: it answered with status %d; check a config with a higher limit, or none", where, status)
}

// limitedIn returns the first request of a case to which the target at origin gave the
// answer of a limit though the policy calls for another; nil if there is none. What the
// case is to provoke may be such an answer.
func limitedIn(pc *catalog.PolicyCase, origin fetch.Origin, want, got []fetch.Trace) *fetch.Exchange {
	for i := range min(len(want), len(got), len(pc.Steps)) {
		if pc.Steps[i].Repeat > 1 {
			continue
		}
		for j := range got[i].Exchanges {
			x := &got[i].Exchanges[j]
			if x.Server != string(origin) || !refusesForNumber(x) || len(pc.Steps[i].OnlyIf) > 0 && !x.Request.IsPreflight() {
				continue
			}
			same := func(w fetch.Exchange) bool {
				return w.Request.Method == x.Request.Method && w.Response != nil && w.Response.Status == x.Response.Status
			}
			if !slices.ContainsFunc(want[i].Exchanges, same) {
				return x
			}
		}
	}
	return nil
}

func refusesForNumber(x *fetch.Exchange) bool {
	return x.Response != nil && (x.Response.Status == http.StatusTooManyRequests || x.Response.Status == http.StatusServiceUnavailable)
}

// showsRefusal reports whether a trace has an answer such as that of a limit.
func showsRefusal(t fetch.Trace) bool {
	return slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return refusesForNumber(&x) })
}

// endsInRefusal reports whether the last answer of a trace is that of a limit.
func endsInRefusal(t fetch.Trace) bool {
	n := len(t.Exchanges)
	return n > 0 && refusesForNumber(&t.Exchanges[n-1])
}

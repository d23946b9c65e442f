package browser

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// disagreement returns a [*DisagreementError] if the witnesses of a job
// contradict each other.
func disagreement(job Job, r *report, chains []chain) error {
	differ := func(first, second string, args ...any) error {
		return &DisagreementError{Job: job.ID, First: first, Second: fmt.Sprintf(second, args...)}
	}
	for _, c := range chains {
		if found := c.contradiction; found != nil {
			return &DisagreementError{Job: job.ID, First: found.First, Second: found.Second}
		}
	}
	if r == nil {
		return nil
	}
	if len(chains) > 0 && r.URL != "" && chains[0].request.hops[0].url != r.URL {
		return differ("page: the call was for "+r.URL, "protocol: its frame asked for %s", chains[0].request.hops[0].url)
	}
	if r.Kind != string(fetch.OutcomeResponse) || fetch.ResponseType(r.Type) == fetch.ResponseOpaque ||
		fetch.ResponseType(r.Type) == fetch.ResponseOpaqueRedirect || len(chains) == 0 {
		return nil
	}
	last := chains[len(chains)-1]
	if got := last.request.received; got != nil && int(got.Status) != r.Status {
		return differ(fmt.Sprintf("page: status %d", r.Status), "protocol: status %d", got.Status)
	}
	if last.last == nil || last.request.cached() {
		return nil
	}
	x := *last.last
	if x.Response == nil {
		return differ(fmt.Sprintf("page: status %d", r.Status), "recorder: %s was not answered", x.ID)
	}
	if x.Response.Status != r.Status {
		return differ(fmt.Sprintf("page: status %d", r.Status), "recorder: %s was answered %d", x.ID, x.Response.Status)
	}
	// What the page reads is the payload after the content coding was undone.
	if x.Incomplete != "" || x.Ended == nil || x.Response.Headers.Contains("Content-Encoding") {
		return nil
	}
	if read := r.payload(); read.Digest != x.Response.Body.Digest {
		return differ(fmt.Sprintf("page: body of %d bytes, %s", read.Length, read.Digest),
			"recorder: %s has %d bytes, %s", x.ID, x.Response.Body.Length, x.Response.Body.Digest)
	}
	return nil
}

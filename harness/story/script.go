package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// script says what page code learns.
func (t *teller) script() {
	outcome := t.outcome()
	add := func(format string, values ...any) {
		t.story.Script = append(t.story.Script, fmt.Sprintf(format, values...))
	}
	switch t.story.End {
	case EndUnknown:
		return
	case EndBlocked:
		if t.opaque() {
			add("The response is opaque: response.type is %q, status is 0, and the code can read no header and no body.", outcome.Response.Type)
			return
		}
		if t.cfg.Request.API == fetch.APIXHR {
			add("XMLHttpRequest fires an error event; status is 0.")
		} else {
			add("fetch() rejects with a TypeError: \"Failed to fetch\" in Chromium, \"NetworkError when attempting to fetch resource.\" in Firefox, \"Load failed\" in Safari.")
		}
		add("The code sees no status, no header, no body and no reason.")
		return
	}
	r := outcome.Response
	add("response.type is %q, response.status is %d; the code can read the body.", r.Type, r.Status)
	var readable []string
	for _, h := range r.Headers {
		if name := strings.ToLower(h.Name()); !slices.Contains(readable, name) {
			readable = append(readable, name)
		}
	}
	if len(readable) == 0 {
		add("It can read no response header.")
	} else {
		add("It can read these response headers: %s.", strings.Join(readable, ", "))
	}
}

// opaque reports whether page code got a response that it can't read.
func (t *teller) opaque() bool {
	outcome := t.outcome()
	return outcome.Kind == fetch.OutcomeResponse && outcome.Response != nil && !outcome.Readable()
}

// outcome is what the browser says came of the request, or, of a recording, the model.
func (t *teller) outcome() fetch.Outcome {
	if t.cfg.Observed != nil {
		return t.cfg.Observed.Outcome
	}
	return t.model.Outcome
}

// hidden are the headers of the last response that page code can't read and that a server
// sends for it to read.
func (t *teller) hidden() []string {
	if t.story.End != EndReadable || len(t.story.Exchanges) == 0 {
		return nil
	}
	outcome := t.outcome()
	if outcome.Response.Type != fetch.ResponseCORS {
		return nil
	}
	var out []string
	for _, l := range t.story.Exchanges[len(t.story.Exchanges)-1].Received {
		name := strings.ToLower(l.Name)
		if outcome.Response.Headers.Contains(l.Name) || slices.Contains(out, name) || slices.Contains(transportHeaders, name) ||
			strings.HasPrefix(name, "access-control-") || fetch.IsForbiddenResponseHeader(l.Name) {
			continue
		}
		out = append(out, name)
	}
	return out
}

// transportHeaders are those that page code hardly ever looks at.
var transportHeaders = []string{
	"age", "alt-svc", "connection", "content-encoding", "content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "date",
	"keep-alive", "nel", "permissions-policy", "referrer-policy", "report-to", "server", "server-timing", "strict-transport-security", "transfer-encoding",
	"vary", "via", "x-content-type-options", "x-frame-options", "x-powered-by", "x-xss-protection",
}

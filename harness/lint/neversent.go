package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// neverSentNames are forbidden request-headers that browsers don't write either.
var neverSentNames = []string{"accept-charset", "cookie2", "date", "expect", "keep-alive", "set-cookie", "trailer", "via"}

// neverSent finds headers that neither page code can set nor a browser writes. What
// was recorded was sent, be it by a proxy.
func neverSent(_ context.Context, r *request) ([]Problem, error) {
	if r.Recorded {
		return nil, nil
	}
	var out []Problem
	for _, h := range r.Call.Sent {
		name := strings.ToLower(h.Name())
		overrides := strings.HasPrefix(name, "x-") && fetch.IsForbiddenRequestHeader(name, h.Value())
		if !overrides && !slices.Contains(neverSentNames, name) && !strings.HasPrefix(name, "proxy-") {
			continue
		}
		p := Problem{Rule: "header-never-sent", Wrong: "no browser sends " + h.Name() + " for a page", Instead: "leave it out", Standard: standard("forbidden-request-header")}
		if overrides {
			p.Wrong = "no page can set " + h.Name() + " to a forbidden method"
		}
		out = append(out, p)
	}
	return out, nil
}

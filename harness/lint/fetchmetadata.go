package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// fetchMetadata finds Sec-Fetch-* headers that contradict the request:
// https://w3c.github.io/webappsec-fetch-metadata/.
func fetchMetadata(_ context.Context, r *request) ([]Problem, error) {
	var out []Problem
	wrong := func(header, wrong, instead string) {
		out = append(out, Problem{
			Rule: strings.ToLower(header), Wrong: wrong, Instead: instead,
			Standard: "https://w3c.github.io/webappsec-fetch-metadata/#" + strings.ToLower(header) + "-header",
		})
	}
	if modes := []string{"cors", "navigate", "no-cors", "same-origin", "webidentity", "websocket"}; r.Call.Sent.Contains("Sec-Fetch-Mode") && !slices.Contains(modes, r.mode) {
		wrong("Sec-Fetch-Mode", fmt.Sprintf("Sec-Fetch-Mode is %q, which is no mode", r.mode), "write one of "+strings.Join(modes, ", ")+", or leave it out")
	} else if r.asks && r.mode != "" && r.mode != "cors" {
		wrong("Sec-Fetch-Mode", fmt.Sprintf("Sec-Fetch-Mode is %s, and that of a preflight is always cors", r.mode), "write Sec-Fetch-Mode: cors, or leave it out")
	}
	site, ok := r.Call.Sent.Get("Sec-Fetch-Site")
	sites := []string{"cross-site", "none", "same-origin", "same-site"}
	switch {
	case !ok:
	case !slices.Contains(sites, site):
		wrong("Sec-Fetch-Site", fmt.Sprintf("Sec-Fetch-Site is %q, which is no value of it", site), "write one of "+strings.Join(sites, ", ")+", or leave it out")
	case !r.hasPageOrigin() || !slices.Contains([]string{"", "cors", "same-origin"}, r.mode):
		// A user's navigation has none of its own, an extension's request too.
	case r.isCross() && (site == "same-origin" || site == "none"):
		wrong("Sec-Fetch-Site", fmt.Sprintf("Sec-Fetch-Site is %s, and Origin is of another origin than the URL", site), "write same-site or cross-site, or leave it out")
	case r.isSame() && site != "same-origin":
		wrong("Sec-Fetch-Site", fmt.Sprintf("Sec-Fetch-Site is %s, and Origin is the origin of the URL", site), "write same-origin, or leave it out")
	}
	return out, nil
}

// hasPageOrigin reports whether Origin is that of an HTTP(S) page.
func (r *request) hasPageOrigin() bool {
	o, err := fetch.ParseOrigin(r.origin)
	return err == nil && !o.IsOpaque()
}

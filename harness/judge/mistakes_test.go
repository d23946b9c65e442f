package judge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// bare is an answer of a gateway that says nothing about CORS.
func bare(status int, headers ...fetch.Header) fetch.NetworkResponse {
	return fetch.NetworkResponse{Status: status, Headers: append(fetch.HeaderList{{"Content-Type", "text/plain"}}, headers...), Body: fetch.PayloadOf([]byte("gateway"))}
}

// preflightsGet answers every preflight alike.
func preflightsGet(resp fetch.NetworkResponse) mistake {
	return mistake{instead: func(_ *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) { return resp, isPreflight(r) }}
}

// A when says to which answers a mistake applies.
type when func(r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool

func always(fetch.NetworkRequest, *fetch.NetworkResponse) bool           { return true }
func onPreflights(r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool { return isPreflight(r) }
func onOthers(r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool     { return !isPreflight(r) }
func onErrors(r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool {
	return !isPreflight(r) && resp.Status >= 400
}
func onRedirects(r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool {
	return !isPreflight(r) && resp.Status >= 300 && resp.Status < 400
}

// header puts a value in the place of a header that is there; an empty one takes
// it away.
func header(name, value string, on when) mistake {
	return mistake{response: func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
		if on(r, resp) && resp.Headers.Contains(name) {
			resp.Headers = with(resp.Headers, name, value)
		}
	}}
}

// edited changes the answers.
func edited(change func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse)) mistake {
	return mistake{response: func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
		change(p, r, resp)
	}}
}

// silent takes everything about CORS away.
func silent(on func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool) mistake {
	return edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if on(p, r, resp) {
			resp.Headers = withoutCORS(resp.Headers)
		}
	})
}

func withoutCORS(headers fetch.HeaderList) fetch.HeaderList {
	return slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool {
		return strings.HasPrefix(strings.ToLower(h.Name()), "access-control-")
	})
}

// probes says what the case is about, which tells the error layers apart.
func (p *paper) probes(area catalog.Area, variations ...catalog.Variation) bool {
	return p.c.Probe.Is(area, variations...)
}

// bareErrors take it away from the errors of some layers.
func bareErrors(area catalog.Area, variations ...catalog.Variation) mistake {
	return silent(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool {
		return p.probes(area, variations...) && onErrors(r, resp)
	})
}

// matching takes an origin for an allowed one.
func matching(accepts func(given, origin string) bool) mistake {
	return mistake{accepts: func(givens []string, origin string) string {
		i := slices.IndexFunc(givens, func(given string) bool { return accepts(given, origin) })
		if i < 0 {
			return ""
		}
		return givens[i]
	}}
}

// matchingText is matching by an expression that is made of the allowed origin.
func matchingText(text func(given string) string) mistake {
	return matching(func(given, origin string) bool { return regexp.MustCompile(text(given)).MatchString(origin) })
}

func hostOf(origin string) string { return withoutScheme(origin) }

// policyOrigins are the origins that a policy allows with credentials, in order.
func policyOrigins(view *policy.View) []string {
	var out []string
	for _, e := range view.Routes {
		if e.Credentials {
			out = append(out, allowedHere(e)...)
		}
	}
	return out
}

// originIs reports whether a request is of the policy's nth origin.
func originIs(p *paper, r fetch.NetworkRequest, n int) bool {
	origin, _ := r.Headers.Get("Origin")
	return origin == policyOrigins(p.view)[n]
}

// routeIs reports whether a request is for the policy's nth route.
func routeIs(p *paper, r fetch.NetworkRequest, n int) bool {
	return p.view.Route(r.URL.Path) == p.view.Routes[n]
}

func dropName(list, name string) string {
	var out []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != name {
			out = append(out, item)
		}
	}
	return strings.Join(out, ", ")
}

// lacking takes a name out of a list.
func lacking(header, name string, on when) mistake {
	return edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get(header); ok && on(r, resp) {
			resp.Headers = with(resp.Headers, header, dropName(value, name))
		}
	})
}

// wildcardFor takes for what a wildcard of the policy's stands for whatever an
// expression in its place matches.
func wildcardFor(expression, end string) mistake {
	patterns := map[string]*regexp.Regexp{}
	for example, origin := range map[string]string{
		"https://pr-1.preview.example.net": "https://*.preview.example.net", "https://a.partner.example": "https://**.partner.example",
	} {
		patterns[example] = regexp.MustCompile("^" + strings.ReplaceAll(strings.ReplaceAll(regexp.QuoteMeta(origin), `\*\*`, expression), `\*`, expression) + end)
	}
	return matching(func(given, origin string) bool { return patterns[given] != nil && patterns[given].MatchString(origin) })
}

// servesNobody answers all but preflights on routes without authentication with an error.
func servesNobody(status int) mistake {
	return edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if e := p.view.Route(r.URL.Path); e != nil && e.None == nil && e.Auth == nil && !isPreflight(r) {
			resp.Status, p.upstream = status, nil
		}
	})
}

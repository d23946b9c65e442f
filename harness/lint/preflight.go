package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// outsidePreflight finds Access-Control-Request-* headers of requests that are no
// preflights.
func outsidePreflight(_ context.Context, r *request) ([]Problem, error) {
	if r.isOptions() {
		return nil, nil
	}
	names := requestNames(r.Call.Sent)
	if len(names) == 0 {
		return nil, nil
	}
	return one(Problem{
		Rule: "request-header-outside-preflight", Wrong: fmt.Sprintf("a browser sends %s with a preflight alone, and the method is %s", list(names), r.Call.Request.Method),
		Instead: "leave it out, or write the method OPTIONS", Standard: standard("cors-preflight-fetch-0"), Step: "3",
	})
}

// requestNames returns those of the standard's two Access-Control-Request-* headers
// that are there.
func requestNames(sent fetch.HeaderList) (names []string) {
	for _, name := range []string{"Access-Control-Request-Method", "Access-Control-Request-Headers"} {
		if sent.Contains(name) {
			names = append(names, name)
		}
	}
	return names
}

// asksForNetwork are headers with which Chromium sends a preflight whatever the request
// is, for access to a private or local network.
var asksForNetwork = []string{"access-control-request-local-network", "access-control-request-private-network"}

// preflightOrigin finds preflights without an Origin header.
func preflightOrigin(_ context.Context, r *request) ([]Problem, error) {
	if !r.asks || r.hasOrigin {
		return nil, nil
	}
	return one(Problem{
		Rule: "preflight-without-origin", Wrong: "the preflight has no Origin, which a browser always sends with one",
		Instead: "add Origin with the origin of the page", Standard: standard("cors-preflight-request"),
	})
}

// preflightMethod finds requests that are meant as a preflight and lack
// Access-Control-Request-Method.
func preflightMethod(_ context.Context, r *request) ([]Problem, error) {
	p := Problem{
		Rule: "preflight-without-method", Instead: "add Access-Control-Request-Method with the method of the request that the preflight is for",
		Standard: standard("cors-preflight-request"),
	}
	switch said := r.saidPreflight(); {
	case r.asks && r.method == "":
		p.Wrong = "Access-Control-Request-Method is empty"
	case r.asks || !r.isOptions() || said == "":
		return nil, nil
	default:
		p.Wrong = fmt.Sprintf("OPTIONS without Access-Control-Request-Method is no preflight, though %s", said)
	}
	return one(p)
}

// saidPreflight says why an OPTIONS request is meant as a preflight; empty if nothing
// says so. A recorded response may have headers for preflights without being for one.
func (r *request) saidPreflight() string {
	if names := requestNames(r.Call.Sent); len(names) > 0 {
		return "it has " + list(names)
	}
	if name := strings.ToLower(r.givenName()); strings.Contains(name, "preflight") || strings.Contains(name, "pre-flight") {
		return "its name says so"
	}
	if r.Response == nil || r.Recorded {
		return ""
	}
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"} {
		if r.Response.Headers.Contains(name) {
			return "the expected response has " + name
		}
	}
	return ""
}

// givenName is the name that a person gave; empty for one that was made of method and
// URL, in which words mean nothing.
func (r *request) givenName() string {
	if strings.Contains(r.Name, "://") {
		return ""
	}
	return r.Name
}

// preflightNeeded finds preflights for requests that a browser sends at once.
func preflightNeeded(_ context.Context, r *request) ([]Problem, error) {
	if !r.asks || !r.hasOrigin || r.method == "" || isLong(r.Call.Sent, "Access-Control-Request-Headers") {
		return nil, nil
	}
	if slices.ContainsFunc(asksForNetwork, r.Call.Sent.Contains) {
		return nil, nil
	}
	p := Problem{Rule: "preflight-not-needed", Standard: standard("concept-main-fetch"), Step: "12"}
	method := fetch.NormalizeMethod(r.method)
	switch {
	case r.isSame():
		p.Wrong = "Origin is the origin of the URL, and a page's requests to its own origin have no preflight"
		p.Instead = "write the origin of another page"
	case fetch.IsSafelistedMethod(method) && len(r.names) == 0:
		p.Wrong = fmt.Sprintf("%s without an unsafe header needs no preflight; only an upload with progress listeners or a streamed body has one", method)
		p.Instead = "list the unsafe headers that page code sets, or test the request itself"
		if method == "POST" {
			p.Instead = "add Access-Control-Request-Headers: content-type if the body is JSON, or test the request itself"
		}
	default:
		return nil, nil
	}
	return one(p)
}

// preflightCredentials finds credentials in preflights, which have none whatever the
// credentials mode of the request is.
func preflightCredentials(_ context.Context, r *request) ([]Problem, error) {
	if !r.asks {
		return nil, nil
	}
	var out []Problem
	for _, name := range []string{"Cookie", "Authorization"} {
		if !r.Call.Sent.Contains(name) {
			continue
		}
		p := Problem{
			Rule: "preflight-with-credentials", Wrong: "no browser sends " + name + " with a preflight", Instead: "leave it out",
			Standard: standard("cors-preflight-fetch-0"), Step: "1",
		}
		if name == "Authorization" && !slices.Contains(r.names, "authorization") {
			p.Instead = "leave it out, and list authorization in Access-Control-Request-Headers if page code sets it"
		}
		out = append(out, p)
	}
	return out, nil
}

// fromBrowser are unsafe header names that a browser writes into preflights by itself,
// for users' settings or while its cache is disabled.
var fromBrowser = []string{"authorization", "cache-control", "pragma", "priority", "purpose", "save-data", "upgrade-insecure-requests", "user-agent", "x-client-data"}

// preflightHeaders finds what belongs to the request that a preflight is for: its
// headers, of which a preflight has the names, and its body.
func preflightHeaders(_ context.Context, r *request) ([]Problem, error) {
	if !r.asks {
		return nil, nil
	}
	var names, unlisted []string
	for _, h := range r.Call.Sent {
		name := strings.ToLower(h.Name())
		safe := fetch.IsSafelistedRequestHeader(name, h.Value())
		if safe && name != "content-type" || fetch.IsForbiddenRequestHeader(name, h.Value()) || slices.Contains(fromBrowser, name) || slices.Contains(asksForNetwork, name) || slices.Contains(names, h.Name()) {
			continue
		}
		names = append(names, h.Name())
		if !safe && !slices.Contains(r.names, name) {
			unlisted = append(unlisted, name)
		}
	}
	p := Problem{Standard: standard("cors-preflight-fetch-0"), Step: "2"}
	var out []Problem
	if len(names) > 0 {
		p.Rule, p.Wrong, p.Instead = "preflight-with-headers", "no browser sends "+list(names)+" with a preflight", "leave it out"
		if len(unlisted) > 0 {
			p.Instead = "leave it out, and list " + list(unlisted) + " in Access-Control-Request-Headers"
		}
		out = append(out, p)
	}
	if body := r.Call.Request.Body; body != nil && body.Bytes != "" {
		p.Rule, p.Wrong, p.Instead, p.Step = "preflight-with-body", "no browser sends a body with a preflight", "leave it out", "1"
		out = append(out, p)
	}
	return out, nil
}

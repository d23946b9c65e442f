package story

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// headline is how it ended and why, in one sentence.
func (t *teller) headline() string {
	origin := t.cfg.Request.Origin
	switch t.story.End {
	case EndReadable:
		outcome := t.outcome()
		if !t.crossOrigin() {
			return fmt.Sprintf("Readable: the page and the URL have the same origin, %s; CORS does not apply.", origin)
		}
		return fmt.Sprintf("Readable: pages of %s can read the response, status %d.", origin, outcome.Response.Status)
	case EndUnknown:
		if t.withheld() && t.story.Preflight.Needed {
			return fmt.Sprintf("Unknown: the preflight passes, and the %s was not sent to the server (--send sends it).", t.method())
		}
		if len(t.story.Lacks) > 0 {
			return "Unknown: " + strings.TrimSuffix(t.story.Lacks[0], ".") + "."
		}
		return "Unknown: it could not be observed."
	}
	if t.opaque() {
		return fmt.Sprintf("Blocked: the response is opaque; the request was sent, but pages of %s cannot read anything of the response.", origin)
	}
	if t.block == nil {
		return "Blocked: the browser gave no reason."
	}
	return fmt.Sprintf("Blocked: %s.", t.cause())
}

// cause is why the request was refused, by what came.
func (t *teller) cause() string {
	b, x := t.block, t.decided
	if x == nil {
		return strings.TrimSuffix(b.Sentence, ".")
	}
	whose := "the " + x.Request.Method + " response"
	if x.Request.IsPreflight() {
		whose = "the response to the preflight (OPTIONS)"
	} else if x.Response.Status >= 300 && x.Response.Status < 400 {
		whose = fmt.Sprintf("the redirect (status %d)", x.Response.Status)
	}
	value := strings.Join(x.Response.Headers.Lines(headerOf(b)), ", ")
	origin, _ := x.Request.Headers.Get("Origin")
	switch b.Detail {
	case fetch.DetailMissing:
		return whose + " has no Access-Control-Allow-Origin header"
	case fetch.DetailMismatch:
		return fmt.Sprintf("%s allows the origin %s, and the page's origin is %s", whose, value, origin)
	case fetch.DetailInvalid:
		return fmt.Sprintf("Access-Control-Allow-Origin in %s is %q, which is not an origin", whose, value)
	case fetch.DetailMultiple:
		return fmt.Sprintf("Access-Control-Allow-Origin in %s has more than one value: %s", whose, value)
	case fetch.DetailWildcardWithCredentials:
		return fmt.Sprintf("%s has Access-Control-Allow-Origin: *, which does not count for a request with credentials", whose)
	case fetch.DetailCredentialsMissing:
		return fmt.Sprintf("the request has credentials, and %s has no Access-Control-Allow-Credentials: true", whose)
	case fetch.DetailCredentialsInvalid:
		return fmt.Sprintf("the request has credentials, and Access-Control-Allow-Credentials in %s is %q instead of \"true\"", whose, value)
	case fetch.DetailPreflightStatus:
		return fmt.Sprintf("the preflight (OPTIONS) got status %d; it needs 200 to 299", x.Response.Status)
	case fetch.DetailPreflightMethodsGrammar, fetch.DetailPreflightHeadersGrammar:
		return fmt.Sprintf("%s in %s cannot be parsed: %q", headerOf(b), whose, value)
	case fetch.DetailMethodNotAllowed:
		method, _ := x.Request.Headers.Get("Access-Control-Request-Method")
		return fmt.Sprintf("Access-Control-Allow-Methods in %s does not list %s", whose, method)
	case fetch.DetailAuthorizationNotListed:
		return fmt.Sprintf("Access-Control-Allow-Headers in %s does not list authorization, which * does not cover", whose)
	case fetch.DetailHeaderNotAllowed:
		return fmt.Sprintf("Access-Control-Allow-Headers in %s does not list %s", whose, t.unlisted(x))
	}
	return strings.TrimSuffix(b.Sentence, ".")
}

// unlisted is the first header name that the preflight asks for and its response doesn't
// list.
func (t *teller) unlisted(x *fetch.Exchange) string {
	list := fetch.ExtractHeaderListValues(allowHeaders, x.Response.Headers)
	for _, name := range x.Request.Headers.Items("Access-Control-Request-Headers") {
		if !list.ContainsName(name) {
			return name
		}
	}
	return "a header"
}

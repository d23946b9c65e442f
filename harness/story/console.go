package story

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// console is what Chromium's console says of a request that was refused, in the words of
// https://chromium.googlesource.com/chromium/src/+/main/third_party/blink/renderer/platform/loader/cors/cors_error_string.cc;
// empty if it says nothing that the CORS protocol is about.
func (t *teller) console() string {
	if t.story.End != EndBlocked || t.decided == nil {
		return ""
	}
	reason := t.consoleReason()
	if reason == "" {
		return ""
	}
	api := "fetch"
	if t.cfg.Request.API == fetch.APIXHR {
		api = "XMLHttpRequest"
	}
	url, redirected := urlOf(t.decided), ""
	if asked := withoutFragment(t.url.String()); url != asked {
		redirected = fmt.Sprintf(" (redirected from '%s')", asked)
	}
	return fmt.Sprintf("Access to %s at '%s'%s from origin '%s' has been blocked by CORS policy: %s", api, url, redirected, t.cfg.Request.Origin, reason)
}

func (t *teller) consoleReason() string {
	x := t.decided
	value := strings.Join(x.Response.Headers.Lines(headerOf(t.block)), ", ")
	check := ""
	if x.Request.IsPreflight() {
		check = "Response to preflight request doesn't pass access control check: "
	}
	switch t.block.Detail {
	case fetch.DetailMissing:
		return check + "No 'Access-Control-Allow-Origin' header is present on the requested resource."
	case fetch.DetailMismatch:
		return check + fmt.Sprintf("The 'Access-Control-Allow-Origin' header has a value '%s' that is not equal to the supplied origin.", value)
	case fetch.DetailInvalid:
		return check + fmt.Sprintf("The 'Access-Control-Allow-Origin' header contains the invalid value '%s'.", value)
	case fetch.DetailMultiple:
		return check + fmt.Sprintf("The 'Access-Control-Allow-Origin' header contains multiple values '%s', but only one is allowed.", value)
	case fetch.DetailWildcardWithCredentials:
		return check + "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'."
	case fetch.DetailCredentialsMissing, fetch.DetailCredentialsInvalid:
		return check + fmt.Sprintf("The value of the 'Access-Control-Allow-Credentials' header in the response is '%s' which must be 'true' when the request's credentials mode is 'include'.", value)
	case fetch.DetailPreflightStatus:
		if x.Response.Status >= 300 && x.Response.Status < 400 && x.Response.Headers.Contains("Location") {
			return check + "Redirect is not allowed for a preflight request."
		}
		return check + "It does not have HTTP ok status."
	case fetch.DetailPreflightMethodsGrammar:
		return "Cannot parse Access-Control-Allow-Methods response header field in preflight response."
	case fetch.DetailPreflightHeadersGrammar:
		return "Cannot parse Access-Control-Allow-Headers response header field in preflight response."
	case fetch.DetailMethodNotAllowed:
		method, _ := x.Request.Headers.Get("Access-Control-Request-Method")
		return fmt.Sprintf("Method %s is not allowed by Access-Control-Allow-Methods in preflight response.", method)
	case fetch.DetailAuthorizationNotListed:
		return "Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response."
	case fetch.DetailHeaderNotAllowed:
		return fmt.Sprintf("Request header field %s is not allowed by Access-Control-Allow-Headers in preflight response.", t.unlisted(x))
	}
	return ""
}

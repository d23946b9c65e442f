package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// hints says what is worth knowing beside the reason: what usually makes such an answer,
// and what would go wrong next.
func (t *teller) hints() {
	add := func(format string, values ...any) {
		t.story.Hints = append(t.story.Hints, fmt.Sprintf(format, values...))
	}
	if h := t.statusHint(); h != "" {
		add("%s", h)
	}
	for _, h := range t.cfg.Request.Headers {
		if strings.HasPrefix(strings.ToLower(h.Name()), "access-control-") {
			add("%s is a response header. In a request it does nothing but cause a preflight; remove it from the page's code.", h.Name())
		}
	}
	if t.starForAuthorization() {
		add("Access-Control-Allow-Headers: * does not cover Authorization in the Fetch Standard. Chromium still accepts it; other browsers may not, so list authorization.")
	}
	if t.cfg.Request.Mode == fetch.ModeNoCORS && t.opaque() {
		add("Mode no-cors never makes a response readable. Remove it, and have the server send Access-Control-Allow-Origin.")
	}
	if t.cfg.Cookies && t.crossOrigin() && t.cfg.Request.Credentials != fetch.CredentialsInclude {
		add("The cookie was not sent: the request's credentials mode is %s. The page's code has to set credentials: \"include\", and the server has to send Access-Control-Allow-Credentials: true.", credentialsOf(t.cfg.Request))
	} else if t.cfg.Cookies && t.cfg.Observed != nil && t.wasSent() && !t.sentCookie() {
		add("The cookie was not sent with the request: browsers send cookies to another site only if they were set with SameSite=None and Secure, which takes https.")
	}
	if t.story.End == EndUnknown && t.withheld() {
		if t.story.Preflight.Needed {
			add("The preflight passes: the browser sends the %s. Whether the page can read the response depends on Access-Control-Allow-Origin in it.", t.method())
		} else {
			add("No preflight protects the server here: a page of any origin can send this %s, and the server carries it out. CORS only decides whether the page can read the response.", t.method())
		}
	}
	if hidden := t.hidden(); len(hidden) > 0 {
		add("The response has headers that the code cannot read: %s. List a header in Access-Control-Expose-Headers to make it readable.", strings.Join(hidden, ", "))
	}
	if i := slices.IndexFunc(t.model.Exchanges, func(x fetch.Exchange) bool {
		origin, _ := x.Request.Headers.Get("Origin")
		return origin == string(fetch.OpaqueOrigin) && t.cfg.Request.Origin != string(fetch.OpaqueOrigin)
	}); i >= 0 {
		add("After a redirect from one foreign origin to another, browsers send Origin: null. Call the last URL directly: %s", urlOf(&t.model.Exchanges[i]))
	}
	if t.story.End == EndReadable && t.crossOrigin() {
		t.varyHint(add)
	}
}

// statusHint is what a status says that came where the request was refused.
func (t *teller) statusHint() string {
	if t.decided == nil {
		return ""
	}
	status := t.decided.Response.Status
	if !t.decided.Request.IsPreflight() {
		switch {
		case status >= 300 && status < 400:
			location, _ := t.decided.Response.Headers.Get("Location")
			return fmt.Sprintf("The response is a redirect to %s. It needs Access-Control-Allow-Origin as well; or call the new URL directly.", location)
		case status >= 500:
			return fmt.Sprintf("The response has status %d. Many servers leave Access-Control-Allow-Origin out of error responses, so look at the error itself first: in the server's log, or with curl.", status)
		case status >= 400:
			return fmt.Sprintf("The response has status %d. Many servers leave Access-Control-Allow-Origin out of error responses, so look at the error first: curl shows its body.", status)
		}
		return ""
	}
	switch {
	case status >= 300 && status < 400:
		location, _ := t.decided.Response.Headers.Get("Location")
		return fmt.Sprintf("The preflight was redirected to %s, and no browser follows that. Call the new URL directly, or let the server answer OPTIONS before it redirects.", location)
	case status == 401 || status == 403 || status == 407:
		return fmt.Sprintf("The preflight got status %d. A preflight never has a cookie or an Authorization header, so authentication has to let OPTIONS pass.", status)
	case status == 404 || status == 405 || status == 501:
		return fmt.Sprintf("The preflight got status %d: nothing answers OPTIONS at this URL.", status)
	case status >= 500:
		return fmt.Sprintf("The preflight got status %d: the server failed while it answered OPTIONS.", status)
	}
	return ""
}

// starForAuthorization reports whether a preflight's response has only "*" to say about
// Authorization: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func (t *teller) starForAuthorization() bool {
	return slices.ContainsFunc(t.model.Exchanges, func(x fetch.Exchange) bool {
		if !x.Request.IsPreflight() || x.Response == nil {
			return false
		}
		asks := slices.ContainsFunc(x.Request.Headers.Items("Access-Control-Request-Headers"), fetch.IsNonWildcardRequestHeader)
		list := fetch.ExtractHeaderListValues(allowHeaders, x.Response.Headers)
		return asks && list.Contains(fetch.Wildcard) && !list.ContainsName("Authorization")
	})
}

// wasSent reports whether the request itself left the browser.
func (t *teller) wasSent() bool {
	return slices.ContainsFunc(t.paper.answers, func(x fetch.Exchange) bool { return !x.Request.IsPreflight() })
}

// sentCookie reports whether the request itself carried a cookie.
func (t *teller) sentCookie() bool {
	return slices.ContainsFunc(t.paper.answers, func(x fetch.Exchange) bool { return x.Request.Headers.Contains("Cookie") })
}

// varyHint says that a cache may give the response to another origin's page.
func (t *teller) varyHint(add func(string, ...any)) {
	if len(t.paper.answers) == 0 {
		return
	}
	last := t.paper.answers[len(t.paper.answers)-1]
	if last.Response == nil {
		return
	}
	named, there := last.Response.Headers.Get(allowOrigin)
	varies := slices.ContainsFunc(last.Response.Headers.Items("Vary"), func(name string) bool { return strings.EqualFold(name, "Origin") || name == "*" })
	if there && named != fetch.Wildcard && !varies {
		add("Vary: Origin is missing. If the server allows more than one origin, a cache may send this response to a page of another one.")
	}
}

func credentialsOf(r fetch.Request) fetch.CredentialsMode {
	if r.Credentials == "" {
		return fetch.CredentialsSameOrigin
	}
	return r.Credentials
}

// direct says what a client that is no browser gets.
func (t *teller) direct() {
	d := t.cfg.Direct
	if d == nil {
		return
	}
	switch {
	case d.Outcome.Response != nil:
		t.story.Direct = fmt.Sprintf("a direct client gets status %d and can read the body of %d bytes", d.Outcome.Response.Status, d.Outcome.Response.Body.Length)
	case d.Outcome.Error != "":
		t.story.Direct = "a direct client gets no response either: " + d.Outcome.Error
	}
}

package policy

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// lists finds concerns about methods, headers and lifetimes.
func (l *linter) lists(e *Effective) {
	l.methods(e)
	l.headers(e)
	l.expose(e)
	if e.Credentials {
		for _, list := range []Listed{e.Methods, e.Headers, e.Expose} {
			if list.Any != nil {
				l.add(WildcardWithCredentials, list.Any.At, Any, "* matches nothing in requests with credentials")
			}
		}
	}
	if at := e.Rule(RuleMaxAge).At; e.MaxAge != nil && *e.MaxAge == 0 {
		l.add(MaxAgeZero, at, "0", "browsers cache no preflight")
	} else if caps := capped(e.MaxAge); caps != "" {
		l.add(MaxAgeAboveCap, at, e.Rule(RuleMaxAge).Text, "max_age is longer than preflights are cached by %s", caps)
	}
}

// How long engines keep a preflight at most, in seconds.
const (
	MaxAgeCapWebKit   = 600
	MaxAgeCapChromium = 7200
	MaxAgeCapFirefox  = 86400
)

// capped names the engines that don't keep a preflight so long.
func capped(maxAge *int) string {
	switch {
	case maxAge == nil || *maxAge <= MaxAgeCapWebKit:
		return ""
	case *maxAge <= MaxAgeCapChromium:
		return "WebKit"
	case *maxAge <= MaxAgeCapFirefox:
		return "WebKit and Chromium"
	}
	return "WebKit, Chromium and Firefox"
}

func (l *linter) methods(e *Effective) {
	for _, m := range e.Methods.Names {
		switch {
		case fetch.IsForbiddenMethod(m.Text):
			l.add(MethodNotSendable, m.At, m.Text, "pages can't send %s", m.Text)
		case m.Text != strings.ToUpper(m.Text):
			l.add(MethodCase, m.At, m.Text, "%s is not %s: methods are case-sensitive", m.Text, strings.ToUpper(m.Text))
		case m.Text == "OPTIONS":
			l.add(OptionsListed, m.At, m.Text, "OPTIONS is listed, but preflights don't need it")
		case fetch.IsSafelistedMethod(m.Text):
			l.add(MethodNeedsNoListing, m.At, m.Text, "pages can send %s without listing it", m.Text)
		}
	}
}

func (l *linter) headers(e *Effective) {
	for _, h := range e.Headers.Names {
		switch {
		case fetch.IsForbiddenRequestHeader(h.Text, ""):
			l.add(HeaderNotSendable, h.At, h.Text, "pages can't set %s", h.Text)
		case needsNoListing(h.Text):
			l.add(HeaderNeedsNoListing, h.At, h.Text, "pages can send %s without listing it", h.Text)
		}
	}
	if e.Headers.Any != nil && !e.AllowsHeader("Authorization") {
		l.add(WildcardWithoutAuthorization, e.Headers.Any.At, Any, "* doesn't cover Authorization")
	}
}

// needsNoListing reports whether a request header is safelisted with every
// ordinary value. Content-Type isn't: application/json needs listing.
func needsNoListing(name string) bool {
	return fetch.IsSafelistedRequestHeader(name, "en") && !strings.EqualFold(name, "Content-Type")
}

func (l *linter) expose(e *Effective) {
	for _, h := range e.Expose.Names {
		switch {
		case fetch.IsForbiddenResponseHeader(h.Text):
			l.add(ExposeNotReadable, h.At, h.Text, "scripts can't read %s", h.Text)
		case fetch.IsSafelistedResponseHeader(h.Text, nil):
			l.add(ExposeNeedsNoListing, h.At, h.Text, "scripts can read %s without listing it", h.Text)
		}
	}
}

// errorsAndAuth finds concerns about errors and authentication.
func (l *linter) errorsAndAuth(e *Effective) {
	route := e.Rule(RuleRoute)
	if len(e.ReadableErrors) == 0 {
		l.add(NoReadableErrors, e.Rule(RuleReadableError).At, route.Text, "no error response of this route is readable")
	}
	for _, h := range e.Sends {
		if !e.AllowsHeader(h.Name) && !fetch.IsSafelistedRequestHeader(h.Name, h.Value) {
			l.add(SentHeaderNotAllowed, h.At, h.Name, "the headers of %s lack %s, which its pages always send", e.Route.Path.Text, h.Name)
		}
	}
	if e.Auth == nil {
		return
	}
	at := e.Rule(RuleAuth).At
	if !e.Reads(401) && len(e.ReadableErrors) > 0 {
		l.add(AuthErrorNotReadable, e.Rule(RuleReadableError).At, route.Text, "the route needs authentication, but its 401 response is not readable")
	}
	switch {
	case e.Auth.Bearer != nil && !e.AllowsHeader("Authorization"):
		l.add(AuthHeaderNotAllowed, at, "authorization", "the headers of %s lack Authorization, which authenticates its requests", e.Route.Path.Text)
	case e.Auth.APIKey != nil && !e.AllowsHeader(e.Auth.APIKey.Header.Text):
		l.add(AuthHeaderNotAllowed, at, e.Auth.APIKey.Header.Text, "the headers of %s lack %s, which authenticates its requests", e.Route.Path.Text, e.Auth.APIKey.Header.Text)
	case e.Auth.Cookie != nil && !e.Credentials:
		l.add(CookieWithoutCredentials, at, e.Auth.Cookie.Name.Text, "%s authenticates with a cookie but does not allow credentials", e.Route.Path.Text)
	}
}

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
				l.add(WildcardWithCredentials, list.Any.At, Any, "* stands for nothing where credentials are sent")
			}
		}
	}
	if at := e.Rule(RuleMaxAge).At; e.MaxAge != nil && *e.MaxAge == 0 {
		l.add(MaxAgeZero, at, "0", "no preflight is ever kept")
	} else if caps := capped(e.MaxAge); caps != "" {
		l.add(MaxAgeAboveCap, at, e.Rule(RuleMaxAge).Text, "no preflight is kept so long by %s", caps)
	}
}

// The longest that an engine keeps a preflight, in seconds.
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
			l.add(MethodNotSendable, m.At, m.Text, "no page can send %s", m.Text)
		case m.Text != strings.ToUpper(m.Text):
			l.add(MethodCase, m.At, m.Text, "%s is not %s", m.Text, strings.ToUpper(m.Text))
		case m.Text == "OPTIONS":
			l.add(OptionsListed, m.At, m.Text, "OPTIONS is listed, and preflights don't need that")
		case fetch.IsSafelistedMethod(m.Text):
			l.add(MethodNeedsNoListing, m.At, m.Text, "%s is sent without being listed", m.Text)
		}
	}
}

func (l *linter) headers(e *Effective) {
	for _, h := range e.Headers.Names {
		switch {
		case fetch.IsForbiddenRequestHeader(h.Text, ""):
			l.add(HeaderNotSendable, h.At, h.Text, "no page can set %s", h.Text)
		case needsNoListing(h.Text):
			l.add(HeaderNeedsNoListing, h.At, h.Text, "%s is sent without being listed", h.Text)
		}
	}
	if e.Headers.Any != nil && !e.AllowsHeader("Authorization") {
		l.add(WildcardWithoutAuthorization, e.Headers.Any.At, Any, "* doesn't cover authorization")
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
			l.add(ExposeNotReadable, h.At, h.Text, "no script may read %s", h.Text)
		case fetch.IsSafelistedResponseHeader(h.Text, nil):
			l.add(ExposeNeedsNoListing, h.At, h.Text, "%s is readable without being listed", h.Text)
		}
	}
}

// errorsAndAuth finds concerns about errors and authentication.
func (l *linter) errorsAndAuth(e *Effective) {
	route := e.Rule(RuleRoute)
	if len(e.ReadableErrors) == 0 {
		l.add(NoReadableErrors, e.Rule(RuleReadableError).At, route.Text, "no error of this route is readable")
	}
	if e.Auth == nil {
		return
	}
	at := e.Rule(RuleAuth).At
	if !e.Reads(401) && len(e.ReadableErrors) > 0 {
		l.add(AuthErrorNotReadable, e.Rule(RuleReadableError).At, route.Text, "the route needs authentication, and its 401 is not readable")
	}
	switch {
	case e.Auth.Bearer != nil && !e.AllowsHeader("Authorization"):
		l.add(AuthHeaderNotAllowed, at, "authorization", "pages of %s may not send authorization", e.Route.Path.Text)
	case e.Auth.APIKey != nil && !e.AllowsHeader(e.Auth.APIKey.Header.Text):
		l.add(AuthHeaderNotAllowed, at, e.Auth.APIKey.Header.Text, "pages of %s may not send %s", e.Route.Path.Text, e.Auth.APIKey.Header.Text)
	case e.Auth.Cookie != nil && !e.Credentials:
		l.add(CookieWithoutCredentials, at, e.Auth.Cookie.Name.Text, "pages of %s may not read with cookies", e.Route.Path.Text)
	}
}

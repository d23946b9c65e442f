package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Decision says whether pages of an origin may read, and by which rule.
type Decision struct {
	Allowed bool
	Because Rule
}

// Origin decides whether pages of an origin may read. It accepts any bytes of an Origin
// header, also ones that no browser sends.
func (e *Effective) Origin(origin string) Decision {
	if e.None != nil {
		return Decision{Because: *e.None}
	}
	if t := e.denies(origin); t != nil {
		return Decision{Because: Rule{RuleDeniedOrigin, t.Text, t.At}}
	}
	for _, g := range e.Groups {
		if t := find(g.Allow, origin); t != nil {
			return Decision{Allowed: true, Because: Rule{RuleOrigin, t.Text, t.At}}
		}
	}
	for _, g := range e.Elsewhere {
		if find(g.Allow, origin) != nil {
			return Decision{Because: Rule{RuleTargets, "targets: " + wordList(g.Targets.Items), g.Targets.At}}
		}
	}
	return Decision{Because: e.Rule(RuleOrigins)}
}

// denies returns the entry that denies an origin; nil if none does.
func (e *Effective) denies(origin string) *Text {
	for _, g := range e.Groups {
		if t := find(g.Deny, origin); t != nil {
			return t
		}
	}
	return nil
}

func find(entries []Entry, origin string) *Text {
	for i := range entries {
		if entries[i].pattern.match(origin) {
			return &entries[i].Origin
		}
	}
	return nil
}

// AllowsAnyOrigin reports whether every origin may read and none is denied: then the
// response need not depend on the Origin.
func (e *Effective) AllowsAnyOrigin() bool {
	any := false
	for _, g := range e.Groups {
		if len(g.Deny) > 0 {
			return false
		}
		any = any || slices.ContainsFunc(g.Allow, func(entry Entry) bool { return entry.Origin.Text == Any })
	}
	return any && e.None == nil
}

// AllowsMethod reports whether a page that may read may use a method. Methods that need
// no listing are always allowed.
func (e *Effective) AllowsMethod(method string) bool {
	return fetch.IsSafelistedMethod(method) || e.Methods.Has(method, func(a, b string) bool { return a == b })
}

// AllowsHeader reports whether a page that may read may set a request header
// that a preflight asks for. "*" doesn't cover Authorization.
func (e *Effective) AllowsHeader(name string) bool {
	if fetch.IsNonWildcardRequestHeader(name) {
		return Listed{Names: e.Headers.Names}.Has(name, strings.EqualFold)
	}
	return e.Headers.Has(name, strings.EqualFold)
}

// Reads reports whether pages that may read can read a response with this status: yes,
// unless it is an error that the policy does not list.
func (e *Effective) Reads(status int) bool {
	return status < 400 || slices.ContainsFunc(e.ReadableErrors, func(n Number) bool { return n.Number == status })
}

// PreflightHeaders returns the headers that the response to a preflight must have, given
// its Origin, method and header names. For a denied origin they have no
// Access-Control-Allow-Origin and nothing else that it could use. The caller owns the
// list.
func (e *Effective) PreflightHeaders(origin, method string, names []string) fetch.HeaderList {
	headers := e.consent(origin)
	if headers == nil {
		return e.vary()
	}
	if list := e.Methods.header(e.Credentials, method); list != "" {
		headers = append(headers, fetch.Header{"Access-Control-Allow-Methods", list})
	}
	if list := e.Headers.header(e.Credentials, strings.Join(names, ", ")); list != "" {
		headers = append(headers, fetch.Header{"Access-Control-Allow-Headers", list})
	}
	if e.MaxAge != nil {
		headers = append(headers, fetch.Header{"Access-Control-Max-Age", strconv.Itoa(*e.MaxAge)})
	}
	return append(headers, e.vary()...)
}

// ResponseHeaders returns the headers that any other response must have, given the Origin
// of the request (empty for none) and the status of the response. The caller owns the
// list.
func (e *Effective) ResponseHeaders(origin string, status int) fetch.HeaderList {
	headers := e.consent(origin)
	if headers == nil || !e.Reads(status) {
		return e.vary()
	}
	if list := e.Expose.header(false, ""); list != "" {
		headers = append(headers, fetch.Header{"Access-Control-Expose-Headers", list})
	}
	return append(headers, e.vary()...)
}

// header returns the list as a header's value, empty for no header. With
// credentials "*" is no wildcard, so what was asked for stands in its place.
func (l Listed) header(credentials bool, asked string) string {
	var names []string
	switch {
	case l.Any == nil:
	case credentials && asked != "":
		names = append(names, asked)
	default:
		names = append(names, Any)
	}
	for _, t := range l.Names {
		names = append(names, t.Text)
	}
	return strings.Join(names, ", ")
}

// consent returns what lets a page read; nil for an origin that may not.
func (e *Effective) consent(origin string) fetch.HeaderList {
	switch {
	case e.AllowsAnyOrigin() && !e.Credentials:
		return fetch.HeaderList{{"Access-Control-Allow-Origin", Any}}
	case origin == "" || !e.Origin(origin).Allowed:
		return nil
	}
	headers := fetch.HeaderList{{"Access-Control-Allow-Origin", origin}}
	if e.Credentials {
		headers = append(headers, fetch.Header{"Access-Control-Allow-Credentials", "true"})
	}
	return headers
}

// vary returns the Vary that an answer needs if it depends on who asks.
func (e *Effective) vary() fetch.HeaderList {
	if e.None != nil || e.AllowsAnyOrigin() && !e.Credentials {
		return nil
	}
	return fetch.HeaderList{{"Vary", "Origin"}}
}

// RegistrableDomain returns the registrable domain of a host by the public suffix list,
// which decides what is same site; false if the host has none.
func RegistrableDomain(host string) (string, bool) { return registrable(host) }

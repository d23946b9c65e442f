package nginx

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// The headers of the CORS protocol that a gateway sets, in the order in which they
// are put right.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	exposeHeaders    = "Access-Control-Expose-Headers"
	maxAge           = "Access-Control-Max-Age"
	vary             = "Vary"
)

var corsHeaders = []string{allowOrigin, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge, vary}

// How far a header is from what the policy calls for, the worst last.
type fault int

const (
	faultless fault = iota
	lacking         // pages that may do less than they may
	beyond          // pages can do more
)

// A wanted is an answer that the policy says something about.
type wanted struct {
	policy.Shown
	on   *policy.Effective // nil if it says nothing: then everybody is denied
	free bool              // it is an error where nothing is, and nobody minds who reads that
}

func wantedOf(v *policy.View, s policy.Shown) wanted {
	w := wanted{Shown: s}
	if u, err := url.Parse(s.URL); err == nil {
		w.on = v.Route(u.EscapedPath())
	}
	if w.on == nil && s.Status >= 400 {
		if w.free = v.Policy.Unlisted.Text != policy.NotFound; !w.free {
			w.on = v.Unlisted
		}
	}
	return w
}

// allowed reports whether the page may read the answer; judged is false if the
// policy doesn't say: of an error that it doesn't list.
func (w *wanted) allowed() (allowed, judged bool) {
	if w.on == nil || !w.on.Origin(w.Origin()).Allowed {
		return false, true
	}
	return true, w.Preflight || w.on.Reads(w.Status)
}

// with returns the same for another origin.
func (w wanted) with(origin string) wanted {
	w.Request = slices.DeleteFunc(slices.Clone(w.Request), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), "Origin") })
	w.Request = append(w.Request, fetch.Header{"Origin", origin})
	return w
}

// goesThrough reports whether the policy calls for a preflight that succeeds.
func (w *wanted) goesThrough() bool {
	if allowed, _ := w.allowed(); !allowed || !w.Preflight {
		return false
	}
	method, _ := w.Request.Get("Access-Control-Request-Method")
	return w.on.AllowsMethod(method) && !slices.ContainsFunc(w.asked(), func(name string) bool { return !w.on.AllowsHeader(name) })
}

// asked are the request headers that a preflight asks for.
func (w *wanted) asked() []string { return items(w.Request.Lines("Access-Control-Request-Headers")) }

// items are those of a header that is a list.
func items(lines []string) []string {
	var out []string
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.Trim(item, " \t"); item != "" {
				out = append(out, item)
			}
		}
	}
	return out
}

// fault says what is wrong about a header, given its lines and those of
// Access-Control-Allow-Origin.
func (w *wanted) fault(header string, lines, origins []string) fault {
	allowed, judged := w.allowed()
	origin := w.Origin()
	switch {
	case w.free:
		return faultless
	case header == vary:
		if w.on == nil || w.varies() == nil {
			return faultless
		}
		return lackingIf(!hasItem(lines, "Origin", strings.EqualFold))
	case origin == "":
		return faultless
	case header == allowOrigin && !allowed:
		if slices.Contains(lines, origin) || slices.Contains(lines, policy.Any) && len(lines) == 1 {
			return beyond
		}
		return faultless
	case !allowed, !judged:
		return faultless
	case header == allowOrigin:
		wildcard := len(lines) == 1 && lines[0] == policy.Any && !w.on.Credentials
		return lackingIf(!wildcard && !slices.Equal(lines, []string{origin}))
	case header == allowCredentials && w.on.Credentials:
		return lackingIf(!slices.Equal(lines, []string{"true"}))
	case header == allowCredentials:
		if slices.Equal(lines, []string{"true"}) && slices.Equal(origins, []string{origin}) {
			return beyond
		}
		return faultless
	case header == exposeHeaders && !w.Preflight:
		return w.listFault(lines, w.on.Expose, strings.EqualFold)
	case !w.Preflight:
		return faultless
	case header == allowMethods:
		method, _ := w.Request.Get("Access-Control-Request-Method")
		return w.askedFault(lines, []string{method}, w.on.AllowsMethod, fetch.IsSafelistedMethod, func(a, b string) bool { return a == b })
	case header == allowHeaders:
		return w.askedFault(lines, w.asked(), w.on.AllowsHeader, func(string) bool { return false }, strings.EqualFold)
	case header == maxAge && w.on.MaxAge != nil:
		return lackingIf(!slices.Equal(lines, []string{strconv.Itoa(*w.on.MaxAge)}))
	}
	return faultless
}

// varies is the Vary that the policy calls for.
func (w *wanted) varies() []string { return w.on.ResponseHeaders(w.Origin(), 200).Lines(vary) }

func lackingIf(is bool) fault {
	if is {
		return lacking
	}
	return faultless
}

func hasItem(lines []string, name string, equal func(a, b string) bool) bool {
	return slices.ContainsFunc(items(lines), func(item string) bool { return equal(item, name) })
}

// askedFault compares a list with what a preflight asks for.
func (w *wanted) askedFault(lines, asked []string, allows, free func(string) bool, equal func(a, b string) bool) fault {
	out := faultless
	any := hasItem(lines, policy.Any, equal) && !w.on.Credentials
	for _, name := range asked {
		has := hasItem(lines, name, equal) || any && !fetch.IsNonWildcardRequestHeader(name)
		switch {
		case name == "" || free(name):
		case !allows(name) && has:
			out = max(out, beyond)
		case allows(name) && !has:
			out = max(out, lacking)
		}
	}
	return out
}

// listFault compares a list with the policy's, as a whole.
func (w *wanted) listFault(lines []string, list policy.Listed, equal func(a, b string) bool) fault {
	if list.Any != nil {
		return faultless
	}
	if hasItem(lines, policy.Any, equal) {
		if w.on.Credentials {
			return lackingIf(len(list.Names) > 0)
		}
		return beyond
	}
	for _, item := range items(lines) {
		if !list.Has(item, equal) {
			return beyond
		}
	}
	// Some methods need no listing; no request header and no response header that a policy
	// lists has such a name.
	return lackingIf(slices.ContainsFunc(list.Names, func(t policy.Text) bool { return !fetch.IsSafelistedMethod(t.Text) && !hasItem(lines, t.Text, equal) }))
}

// list is the policy's list that a header has; false if it has none.
func (w *wanted) list(header string) (policy.Listed, func(a, b string) bool, bool) {
	switch {
	case w.on == nil:
	case header == allowMethods:
		return w.on.Methods, func(a, b string) bool { return a == b }, true
	case header == allowHeaders:
		return w.on.Headers, strings.EqualFold, true
	case header == exposeHeaders:
		return w.on.Expose, strings.EqualFold, true
	}
	return policy.Listed{}, nil, false
}

// samples are origins that the policy allows on a route, and some that it denies.
func samples(v *policy.View, on *policy.Effective) (allowed, denied []string) {
	sort := func(origin string) {
		if on != nil && on.Origin(origin).Allowed {
			allowed = append(allowed, origin)
		} else {
			denied = append(denied, origin)
		}
	}
	for _, g := range v.Policy.Origins {
		for _, e := range slices.Concat(g.Allow, g.Deny) {
			for _, origin := range e.Samples() {
				sort(origin)
			}
		}
	}
	sort("https://anybody.test")
	sort(policy.Null)
	if len(allowed) > 0 {
		scheme, host, _ := strings.Cut(allowed[0], "://")
		for _, origin := range []string{
			"http://" + host, scheme + "://evil" + host, scheme + "://evil." + host, scheme + "://" + host + ".evil.test",
			scheme + "://" + host + ":8123", allowed[0] + "/", scheme + "://" + strings.Replace(host, ".", "x", 1), "https://evil.test#" + allowed[0],
		} {
			sort(origin)
		}
	}
	slices.Sort(allowed)
	return slices.Compact(allowed), denied
}

package check

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// byJar groups cases by the cookie in their jar: all pages share the browser's.
func byJar(cases []*catalog.PolicyCase) [][]*catalog.PolicyCase {
	groups := map[string][]*catalog.PolicyCase{}
	for _, pc := range cases {
		groups[pc.Jar] = append(groups[pc.Jar], pc)
	}
	var out [][]*catalog.PolicyCase
	for _, jar := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[jar])
	}
	return out
}

// A jar is the browser's cookies: all pages share them.
type jar struct {
	engine browser.Engine
	origin fetch.Origin // of the target
	held   string       // what is in it; heldOthers: nobody knows
	given  givenCookies
}

func newJar(origin fetch.Origin) jar { return jar{origin: origin, given: givenCookies{}} }

// hold gives the browser the cookie of a case's jar, and takes away all others, unless
// it has just that.
func (j *jar) hold(ctx context.Context, content string) error {
	if j.held == content {
		return nil
	}
	j.held = content
	var cookies []browser.Cookie
	if name, value, ok := strings.Cut(content, "="); ok {
		cookies = append(cookies, browser.Cookie{URL: string(j.origin) + "/", Name: name, Value: value})
	}
	return j.engine.SetCookies(ctx, cookies...)
}

// heldOthers is what no case's jar is.
const heldOthers = "\n"

// note notes which cookies the target gave the browser.
func (j *jar) note(t fetch.Trace) {
	for _, x := range t.Exchanges {
		if x.Response == nil {
			continue
		}
		for _, line := range x.Response.Headers.Lines("Set-Cookie") {
			j.given[fetch.CookieName(line)] = true
			j.held = heldOthers
		}
	}
}

// givenCookies are names of cookies that the target gave the browser, or took away.
type givenCookies map[string]bool

// without returns a trace without these cookies: the browser has one jar for all cases,
// and the model a new one for each.
func (g givenCookies) without(t fetch.Trace) fetch.Trace {
	if len(g) == 0 {
		return t
	}
	t.Exchanges = slices.Clone(t.Exchanges)
	for i := range t.Exchanges {
		sent := &t.Exchanges[i].Request
		value, ok := sent.Headers.Get("Cookie")
		if !ok {
			continue
		}
		pairs := slices.DeleteFunc(strings.Split(value, "; "), func(pair string) bool { return g[fetch.CookieName(pair)] })
		sent.Headers = slices.DeleteFunc(slices.Clone(sent.Headers), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), "Cookie") })
		if len(pairs) > 0 {
			sent.Headers = append(sent.Headers, fetch.Header{"Cookie", strings.Join(pairs, "; ")})
		}
	}
	return t
}

// sameCookies reports whether the requests of two traces of a case carried cookies of
// the same names: answers to others can't be compared.
func sameCookies(a, b []fetch.Trace) bool {
	names := func(all []fetch.Trace) (out [][]string) {
		for _, t := range all {
			for _, x := range t.Exchanges {
				out = append(out, slices.Sorted(slices.Values(fetch.CookieNames(x.Request.Headers))))
			}
		}
		return out
	}
	return slices.EqualFunc(names(a), names(b), slices.Equal)
}

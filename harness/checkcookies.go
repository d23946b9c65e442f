package harness

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// hold gives the browser the cookie of a case's jar, and takes away all others.
func (b *browsing) hold(ctx context.Context, jar string) error {
	var cookies []browser.Cookie
	if name, value, ok := strings.Cut(jar, "="); ok {
		cookies = append(cookies, browser.Cookie{URL: string(b.origin) + "/", Name: name, Value: value})
	}
	return b.chromium.SetCookies(ctx, cookies...)
}

// noteCookies notes which cookies the target gave the browser.
func (b *browsing) noteCookies(t fetch.Trace) {
	for _, x := range t.Exchanges {
		if x.Response == nil {
			continue
		}
		for _, line := range x.Response.Headers.Lines("Set-Cookie") {
			name, _, _ := strings.Cut(line, "=")
			b.given[strings.TrimSpace(name)] = true
		}
	}
}

// sharesJar reports whether a difference is no more than cookies that the target gave
// the browser in other cases: it has one jar for all, and the model a new one for each.
func (b *browsing) sharesJar(d judge.Difference) bool {
	if !strings.HasSuffix(d.What, ": cookies") {
		return false
	}
	expected, sent := strings.Fields(d.Model), strings.Fields(d.Engine)
	if d.Model == judge.NoCookies {
		expected = nil
	}
	others := slices.DeleteFunc(slices.Clone(sent), func(name string) bool { return b.given[name] })
	expected = slices.DeleteFunc(expected, func(name string) bool { return b.given[name] && slices.Contains(sent, name) })
	return slices.Equal(expected, others)
}

package fetch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	const sibling = "https://api.example.com" // same site as the page, if example.com is registrable
	registrable := func(host string) (string, bool) {
		switch host {
		case "app.example.com", "api.example.com", "example.com":
			return "example.com", true
		case "api.example.net":
			return "example.net", true
		}
		return "", false
	}
	// get asks with credentials and returns the Cookie header, "-" for none.
	get := func(t *testing.T, ua *fetch.UserAgent, req fetch.Request, script answers) string {
		trace := predictWith(t, ua, req, script)
		if trace.Outcome.Kind == fetch.OutcomeUnknown {
			return "unknown"
		}
		v, ok := trace.Exchanges[len(trace.Exchanges)-1].Request.Headers.Get("Cookie")
		if !ok {
			return "-"
		}
		return v
	}
	with := func(url string, mode fetch.CredentialsMode) fetch.Request {
		return fetch.Request{URL: url, Credentials: mode}
	}
	set := func(url, cookie string) answers {
		return answers{url: one(answer(200, allowCredentials("Set-Cookie", cookie)...))}
	}
	const sid = "sid=[redacted, 1 bytes]"
	for _, tc := range []struct {
		name, why, cookie, setAt, sentTo string
		setMode, sentMode                fetch.CredentialsMode
		want, chromium                   string
	}{
		{"include", "", "sid=1; SameSite=None; Secure", sibling, sibling, "include", "include", sid, sid},
		{"omit-stores-nothing", "", "sid=1; SameSite=None; Secure", sibling, sibling, "omit", "include", "-", "-"},
		{"same-origin-mode-cross-origin", "credentials mode same-origin sends none to another origin", "sid=1; SameSite=None; Secure", sibling, sibling, "include", "same-origin", "-", "-"},
		{"same-origin", "", "sid=1", page, page, "", "", sid, sid},
		{"strict-same-site", "another origin of the same site", "sid=1; SameSite=Strict", sibling, sibling, "include", "include", sid, sid},
		{"strict-cross-site", "", "sid=1; SameSite=Strict; Secure", api, api, "include", "include", "-", "-"},
		{"none-cross-site", "", "sid=1; SameSite=None; Secure", api, api, "include", "include", sid, sid},
		{"unset-cross-site", "Chromium's default is Lax", "sid=1; Secure", api, api, "include", "include", sid, "-"},
		{"secure-not-to-http", "", "sid=1; Secure", "http://app.example.com", "http://app.example.com", "", "", "-", "-"},
		{"host-only", "", "sid=1", sibling, page, "include", "include", "-", "-"},
		{"domain", "", "sid=1; Domain=example.com", sibling, page, "include", "include", sid, sid},
		{"foreign-domain", "", "sid=1; Domain=example.net", sibling, sibling, "include", "include", "-", "-"},
		{"path", "", "sid=1; Path=/other", sibling, sibling, "include", "include", "-", "-"},
		{"host-prefix", "__Host- needs Path=/", "__Host-sid=1; Secure", sibling, sibling, "include", "include", "-", "-"},
		{"max-age-0", "", "sid=1; Max-Age=0", sibling, sibling, "include", "include", "-", "-"},
		{"expired", "", "sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", sibling, sibling, "include", "include", "-", "-"},
		{"expires-needs-epoch", "", "sid=1; Expires=Thu, 01 Jan 2027 00:00:00 GMT", sibling, sibling, "include", "include", "unknown", "unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for profile, want := range map[*fetch.Profile]string{&fetch.Standard: tc.want, &fetch.Chromium: tc.chromium} {
				ua := &fetch.UserAgent{Profile: profile}
				ua.Client.RegistrableDomain = registrable
				origin := func(url string, mode fetch.CredentialsMode) fetch.Request {
					req := with(url+"/a", mode)
					if url == "http://app.example.com" {
						req.Origin = url
					}
					return req
				}
				get(t, ua, origin(tc.setAt, tc.setMode), set(tc.setAt+"/a", tc.cookie))
				got := get(t, ua, origin(tc.sentTo, tc.sentMode), answers{tc.sentTo + "/a": one(answer(200, allowCredentials()...))})
				assert.Equal(t, want, got, "%s: %s", profile.Name, tc.why)
			}
		})
	}

	t.Run("stored-though-check-fails", func(t *testing.T) {
		t.Parallel()
		ua := new(fetch.UserAgent)
		ua.Client.RegistrableDomain = registrable
		trace := predictWith(t, ua, with(sibling+"/a", "include"), answers{sibling + "/a": one(answer(200, "Set-Cookie", "sid=1"))})
		assert.Equal(t, "concept-cors-check 2 missing", verdict(trace))
		assert.Equal(t, sid, get(t, ua, with(sibling+"/a", "include"), answers{sibling + "/a": one(answer(200, allowCredentials()...))}))
	})

	t.Run("preflight-carries-none", func(t *testing.T) {
		t.Parallel()
		ua := new(fetch.UserAgent)
		ua.Client.RegistrableDomain = registrable
		get(t, ua, with(sibling+"/a", "include"), set(sibling+"/a", "sid=1"))
		req := with(sibling+"/a", "include")
		req.Method = "PUT"
		trace := predictWith(t, ua, req, answers{
			"OPTIONS " + sibling + "/a": one(answer(204, allowCredentials("Access-Control-Allow-Methods", "PUT", "Set-Cookie", "from=preflight")...)),
			sibling + "/a":              one(answer(200, allowCredentials()...)),
		})
		checkFlow(t, flow{verdict: "cors 200", wire: []string{"OPTIONS " + sibling + "/a", "PUT " + sibling + "/a"}, header: "Cookie", values: []string{"-", sid}}, trace)
		assert.Equal(t, sid, get(t, ua, with(sibling+"/a", "include"), answers{sibling + "/a": one(answer(200, allowCredentials()...))}), "a preflight's Set-Cookie isn't stored")
	})

	t.Run("redirect-through-another-site", func(t *testing.T) {
		t.Parallel()
		for cookie, want := range map[string]string{"sid=1; SameSite=Strict": "-", "sid=1; SameSite=Lax": "-", "sid=1; SameSite=None; Secure": sid} {
			ua := new(fetch.UserAgent)
			ua.Client.RegistrableDomain = registrable
			get(t, ua, with(sibling+"/a", "include"), set(sibling+"/a", cookie))
			got := get(t, ua, with(api+"/a", "include"), answers{
				api + "/a":     one(answer(302, allowCredentials("Location", sibling+"/a")...)),
				sibling + "/a": one(answer(200)),
			})
			assert.Equal(t, want, got, cookie)
		}
	})

	t.Run("same-site-is-an-input", func(t *testing.T) {
		t.Parallel()
		ua := new(fetch.UserAgent)
		trace := predictWith(t, ua, with(sibling+"/a", "include"), set(sibling+"/a", "sid=1; SameSite=Lax"))
		assert.Equal(t, fetch.OutcomeUnknown, trace.Outcome.Kind, "app.example.com and api.example.com share two labels")
	})

	t.Run("lifetime", func(t *testing.T) {
		t.Parallel()
		ua := &fetch.UserAgent{Epoch: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		get(t, ua, with(page+"/a", ""), answers{page + "/a": one(answer(200,
			"Set-Cookie", "a=1; Max-Age=10", "Set-Cookie", "b=1; Expires=Tue, 24 Nov 2026 00:00:20 GMT", "Set-Cookie", "c=1; Path=/"))})
		ok := func() answers { return answers{page + "/a": one(answer(200))} }
		const v = "=[redacted, 1 bytes]"
		assert.Equal(t, "a"+v+"; b"+v+"; c"+v, get(t, ua, with(page+"/a", ""), ok()))
		ua.Advance(10 * time.Second)
		assert.Equal(t, "b"+v+"; c"+v, get(t, ua, with(page+"/a", ""), ok()))
		ua.Advance(10 * time.Second)
		assert.Equal(t, "c"+v, get(t, ua, with(page+"/a", ""), ok()))
	})
}

func TestCookieNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"sid=1": {"sid"}, "a=1; b=2=3; c": {"a", "b", ""}, "sid=[redacted, 4 bytes]; [redacted, 2 bytes]": {"sid", ""}, "": {""},
	} {
		assert.Equal(t, want, fetch.CookieNames(fetch.HeaderList{{"cookie", value}}), value)
	}
	assert.Nil(t, fetch.CookieNames(fetch.HeaderList{{"X-Cookie", "a=1"}}))
	assert.Equal(t, "sid", fetch.CookieName(" sid =1; Path=/; Max-Age=0"))
	assert.Empty(t, fetch.CookieName("blue; Path=/"))
}

package harness

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

const sessionPolicy = `targets:
  api: {url: "http://api.shop.test"}
origins:
  shop: ["http://shop.test"]
routes:
  - path: /orders
    origins: [shop]
    methods: [GET, PUT]
    credentials: true
    readable_errors: [401, 404]
    auth: {cookie: {name: sid, env: SHOP_SESSION}}
`

// A session is a cookie of the target: requests that need one carry it, in the browser
// as well, and others don't.
func TestCheckWithASession(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, secret string
		wrong        bool
	}{{name: "right", secret: "open-sesame"}, {name: "another", secret: "open-barley", wrong: true}} {
		for _, engine := range []EngineName{EngineModel, EngineChromium} {
			t.Run(tc.name+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				p, err := policy.Parse("shop.yaml", []byte(sessionPolicy))
				require.NoError(t, err)
				view, err := p.On("api")
				require.NoError(t, err)
				g := &goGateway{view: view, rejects: func(r *http.Request) bool {
					c, err := r.Cookie("sid")
					return r.Header.Get("Access-Control-Request-Method") == "" && (err != nil || c.Value != "open-sesame")
				}}
				checked, err := checkAll(t.Context(), CheckConfig{
					Policy: p, On: "api", Target: g, Engine: engine, Timeout: 10 * time.Second,
					Secret: func(*policy.Auth) (string, error) { return tc.secret, nil },
				})
				require.NoError(t, err)
				authenticated, inBrowser := 0, 0
				for _, c := range checked {
					for i, s := range c.Case.Steps {
						if s.Auth == nil || i >= len(c.Got) || c.NotRun != "" {
							continue
						}
						if cookie, ok := cookieIn(c.Got[i]); ok {
							authenticated++
							assert.Equal(t, "sid=[redacted, 11 bytes]", cookie, c.Case.ID)
						}
						if len(c.Engine) <= i {
							continue
						}
						if cookie, ok := cookieIn(c.Engine[i]); ok {
							inBrowser++
							assert.Equal(t, "sid=[redacted, 11 bytes]", cookie, c.Case.ID)
						}
					}
					if end := c.End(); !tc.wrong && end != judge.EndPass && end != judge.EndNotRun {
						t.Errorf("%s: %s: %v %v %s %s", c.Case.ID, end, c.Mismatches, c.Differences, c.Unsteady, c.Missing())
					}
				}
				assert.Greater(t, authenticated, 20)
				assert.Equal(t, engine == EngineChromium, inBrowser > 20, "%d", inBrowser)
				assert.Equal(t, tc.wrong, len(endsOf(checked)[judge.EndViolation]) > 0)
			})
		}
	}
}

// cookieIn returns the Cookie header of the first request that is no preflight; false
// if none was made.
func cookieIn(t fetch.Trace) (string, bool) {
	for _, x := range t.Exchanges {
		if !x.Request.IsPreflight() {
			value, _ := x.Request.Headers.Get("Cookie")
			return value, true
		}
	}
	return "", false
}

// What a target gives the browser in one case it gets back in the next, and that is no
// disagreement with the model, which begins each case afresh. Any other cookie is.
func TestCheckOfATargetWithACookieOfItsOwn(t *testing.T) {
	t.Parallel()
	g := &goGateway{spoil: func(_ *http.Request, h fetch.HeaderList) fetch.HeaderList {
		return append(h, fetch.Header{"Set-Cookie", "lb=blue; Path=/"})
	}}
	checked, err := checkT(t, t.Context(), g, EngineChromium)
	require.NoError(t, err)
	again := 0
	for _, c := range checked {
		assert.Contains(t, []judge.End{judge.EndPass, judge.EndNotRun}, c.End(), "%s: %v", c.Case.ID, c.Differences)
		if len(c.Engine) == 1 {
			if cookie, _ := cookieIn(c.Engine[0]); strings.HasPrefix(cookie, "lb=") {
				again++
			}
		}
	}
	assert.Positive(t, again)

	b := newBrowsing(nil)
	b.given["lb"] = true
	for _, tc := range []struct {
		model, engine string
		shared        bool
	}{
		{judge.NoCookies, "lb", true},
		{"sid", "sid lb", true},
		{"lb", "lb sid", false},
		{"sid", "lb", false},
		{judge.NoCookies, "sid", false},
		{"lb", judge.NoCookies, false},
	} {
		d := judge.Difference{What: "exchange 1: cookies", Model: tc.model, Engine: tc.engine}
		assert.Equal(t, tc.shared, b.sharesJar(d), d)
	}
}

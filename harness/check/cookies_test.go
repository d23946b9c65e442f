package check

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
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
		// reflects: the target lets every origin read what somebody signed in gets.
		reflects, wrong bool
	}{{name: "right", secret: "open-sesame"}, {name: "another", secret: "open-barley", wrong: true}, {name: "reflected", secret: "open-sesame", reflects: true, wrong: true}} {
		engines := []browser.EngineName{browser.EngineModel}
		if !tc.wrong {
			engines = append(engines, browser.EngineChromium)
		}
		for _, engine := range engines {
			t.Run(tc.name+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				p, err := policy.Parse("shop.yaml", []byte(sessionPolicy))
				require.NoError(t, err)
				view, err := p.On("api")
				require.NoError(t, err)
				reflects := func(r *http.Request, h fetch.HeaderList) fetch.HeaderList {
					if _, err := r.Cookie("sid"); err != nil || !tc.reflects || h.Contains("Access-Control-Allow-Origin") {
						return h
					}
					return append(h, fetch.Header{"Access-Control-Allow-Origin", r.Header.Get("Origin")}, fetch.Header{"Access-Control-Allow-Credentials", "true"})
				}
				g := &goGateway{view: view, spoil: reflects, rejects: func(r *http.Request) bool {
					c, err := r.Cookie("sid")
					return r.Header.Get("Access-Control-Request-Method") == "" && (err != nil || c.Value != "open-sesame")
				}}
				checked, err := checkAll(t.Context(), Config{
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
						if len(c.Engine) <= i || s.Request.Origin != "http://shop.test" {
							continue // a cookie of a server at http goes to its own site alone
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
				assert.Equal(t, engine == browser.EngineChromium, inBrowser > 20, "%d", inBrowser)
				assert.Equal(t, tc.wrong, len(endsOf(checked)[judge.EndViolation]) > 0)
				if tc.reflects {
					assert.Contains(t, endsOf(checked)[judge.EndViolation], "route/orders/denied/signed-in")
				}
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
	var carried atomic.Int64
	for name, cookie := range map[string]func(*http.Request) string{
		"where it is missing": func(r *http.Request) string {
			if _, err := r.Cookie("lb"); err == nil {
				return ""
			}
			return "lb=blue; Path=/"
		},
		"given and taken": func(r *http.Request) string {
			if _, err := r.Cookie("lb"); err != nil {
				return "lb=blue; Path=/"
			}
			// Were each one taken, which of the calls made at a time carried one would be
			// chance.
			if carried.Add(1)%10 != 0 {
				return ""
			}
			return "lb=; Path=/; Max-Age=0"
		},
		"without a name": func(*http.Request) string { return "blue; Path=/" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			givesCookie(t, cookie)
		})
	}
}

func givesCookie(t *testing.T, cookie func(*http.Request) string) {
	g := &goGateway{spoil: func(r *http.Request, h fetch.HeaderList) fetch.HeaderList {
		if line := cookie(r); line != "" {
			return append(h, fetch.Header{"Set-Cookie", line})
		}
		return h
	}}
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	g.view, err = p.On("api")
	require.NoError(t, err)
	checked, err := checkAll(t.Context(), Config{
		Policy: p, On: "api", Target: g, Engine: browser.EngineChromium, Timeout: 10 * time.Second,
		Only: func(id string) bool {
			return slices.ContainsFunc([]string{"steady/", "redirect/", "credentials/", "cache/", "method/", "header/", "expose/", "route/"}, func(area string) bool { return strings.HasPrefix(id, area) })
		},
	})
	require.NoError(t, err)
	again := 0
	for _, c := range checked {
		assert.Contains(t, []judge.End{judge.EndPass, judge.EndNotRun}, c.End(), "%s: %v", c.Case.ID, c.Differences)
		if len(c.Engine) == 1 {
			if cookie, _ := cookieIn(c.Engine[0]); cookie != "" && c.Case.Jar == "" {
				again++
			}
		}
	}
	assert.Positive(t, again)
}

func TestWithoutGivenCookies(t *testing.T) {
	t.Parallel()
	given := givenCookies{"lb": true, "": true}
	for sent, left := range map[string]string{
		"lb=1": "", "sid=1; lb=2": "sid=1", "blue": "", "sid=1": "sid=1", "lbx=1; blue; lb=3": "lbx=1",
	} {
		trace := fetch.Trace{Exchanges: []fetch.Exchange{{Request: fetch.SentRequest{Headers: fetch.HeaderList{{"cookie", sent}, {"origin", "null"}}}}}}
		got := given.without(trace).Exchanges[0].Request.Headers
		value, _ := got.Get("Cookie")
		assert.Equal(t, left, value, sent)
		assert.Equal(t, left != "", got.Contains("Cookie"), sent)
		assert.True(t, got.Contains("Origin"))
		kept, _ := trace.Exchanges[0].Request.Headers.Get("Cookie")
		assert.Equal(t, sent, kept, "the trace itself stays")
	}
}

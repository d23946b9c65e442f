package check

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

const secretPolicy = `
targets: {api: {url: URL}}
origins: {shop: [https://shop.test]}
routes:
  - path: /bills
    origins: [shop]
    methods: [GET]
    headers: [authorization]
    auth: {bearer: {env: SHOP_TOKEN}}
`

// A preflight carries no credentials, so how it is answered is judged without the
// secret that the request itself needs; that request is not made without it.
func TestCheckWithoutItsSecret(t *testing.T) {
	t.Parallel()
	given := func(*policy.Auth) (string, error) { return "open-sesame", nil }
	missing := func(*policy.Auth) (string, error) { return "", errors.New("it needs a secret: set SHOP_TOKEN") }
	for _, tc := range []struct {
		name string
		// refuses: preflights are asked for credentials; overConsents: they let every
		// request header through.
		refuses, overConsents bool
	}{{name: "right"}, {name: "authentication before CORS", refuses: true}, {name: "every header", overConsents: true}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
				if token := r.Header.Get("Authorization"); token != "" {
					assert.Equal(t, "Bearer open-sesame", token, "made without the secret")
				}
				if tc.refuses && preflight || !preflight && r.Header.Get("Authorization") == "" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				w.Header().Set("Vary", "Origin")
				if r.Header.Get("Origin") == "https://shop.test" {
					w.Header().Set("Access-Control-Allow-Origin", "https://shop.test")
					w.Header().Set("Access-Control-Allow-Headers", "authorization")
					if tc.overConsents {
						w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
					}
				}
			}))
			t.Cleanup(server.Close)
			p, err := policy.Parse("shop.yaml", []byte(strings.Replace(secretPolicy, "URL", server.URL, 1)))
			require.NoError(t, err)
			check := func(secret func(*policy.Auth) (string, error)) ([]*judge.Checked, []judge.FindingID) {
				var checked []*judge.Checked
				summary, err := Check(t.Context(), Config{
					Policy: p, On: "api", Target: &URLTarget{URL: server.URL}, Engine: browser.EngineModel, Timeout: 5 * time.Second, Secret: secret,
					Each: func(c *judge.Checked) error {
						checked = append(checked, c)
						return nil
					},
				})
				require.NoError(t, err)
				var found []judge.FindingID
				for _, f := range summary.Findings {
					found = append(found, f.ID)
				}
				return checked, found
			}
			with, found := check(given)
			without, foundWithout := check(missing)
			wrong := endsOf(with)[judge.EndViolation]
			assert.Equal(t, wrong, endsOf(without)[judge.EndViolation])
			assert.Equal(t, found, foundWithout)
			assert.Equal(t, tc.refuses || tc.overConsents, len(wrong) > 0, "%v", wrong)
			halves := 0
			for _, c := range without {
				if strings.HasPrefix(c.NotRun, "its preflight passed, but the request itself was not sent: it needs a secret") {
					halves++
				}
			}
			assert.Equal(t, !tc.refuses, halves > 0, "%d", halves)
		})
	}
}

// Without its secret no case of a right gateway is a violation, those that repeat their
// request and those that provoke an error included.
func TestCheckOfAGatewayWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"bearer: {env: TOKEN}", "cookie: {name: sid, env: SESSION}"} {
		text := strings.NewReplacer("readable_errors: [404, 502]", "readable_errors: [401, 404, 429, 502, 503, 504]\n  max_age: 600\n  auth: {"+auth+"}",
			"headers: [x-request-id]", "headers: [x-request-id, authorization]").Replace(checkedPolicy)
		p, err := policy.Parse("shop.yaml", []byte(text))
		require.NoError(t, err)
		view, err := p.On("api")
		require.NoError(t, err)
		checked, err := checkAll(t.Context(), Config{
			Policy: p, On: "api", Target: &goGateway{view: view}, Engine: browser.EngineModel, Timeout: 5 * time.Second,
			Secret: func(*policy.Auth) (string, error) { return "", errors.New("it needs a secret") },
		})
		require.NoError(t, err)
		ends := endsOf(checked)
		assert.Empty(t, ends[judge.EndViolation], auth)
		assert.Empty(t, ends[judge.EndUnknown], auth)
		assert.NotEmpty(t, ends[judge.EndPass], auth)
		assert.Contains(t, ends[judge.EndNotRun], "error/gateway/too-many/defaults", auth)
	}
}

// What no browser takes as a cookie is said of the secret, and ends no check.
func TestSecretsThatAreNoCookie(t *testing.T) {
	t.Parallel()
	pc := &catalog.PolicyCase{Jar: "sid=" + catalog.SecretPlaceholder, Steps: []catalog.PolicyStep{{
		Auth: &policy.Auth{Cookie: &policy.Session{Name: policy.Text{Text: "sid"}}},
	}}}
	for secret, why := range map[string]string{
		"open-sesame": "", strings.Repeat("x", 4093): "", strings.Repeat("x", 4094): "more than 4096 bytes", "a;b": "has a semicolon", "ä": "non-ASCII",
	} {
		kept := &secrets{lookup: func(*policy.Auth) (string, error) { return secret, nil }}
		ready, err := kept.fill(pc)
		if why != "" {
			require.ErrorContains(t, err, why)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, "sid="+secret, ready.Jar)
	}
}

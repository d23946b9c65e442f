package check

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

// A repeatingTarget repeats what authenticates a request wherever an answer has room
// for it, and lets everybody read.
type repeatingTarget struct{ server http.Server }

func (r *repeatingTarget) Facts() target.Facts {
	return target.Facts{Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs}
}

func (r *repeatingTarget) Start(context.Context, wire.Upstream) (wire.Endpoint, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return wire.Endpoint{}, err
	}
	r.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		said := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		if c, err := req.Cookie("sid"); err == nil {
			said = c.Value
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", req.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Allow-Headers", "authorization, x-request-id, "+said)
		h.Set("Access-Control-Expose-Headers", "x-said, "+said)
		h.Set("X-Said", said)
		h.Set("Vary", "Origin, "+said)
		h.Set("Location", "/?said="+url.QueryEscape(said))
		plain, _ := url.QueryUnescape(said) // as frameworks have it that parse cookies
		inJSON, _ := json.Marshal(plain)
		fmt.Fprintf(w, "%s %q %s %s %s %s %s", html.EscapeString(said), said, plain, inJSON, strings.ReplaceAll(plain, "/", `\/`), html.EscapeString(plain), strings.Repeat("-", 100))
		io.WriteString(w, strings.Repeat(said+" ", fetch.PrefixLimit/max(len(said), 1)+2)) // the prefix ends within one
	})
	go r.server.Serve(ln)
	return wire.Endpoint{Listeners: []wire.EndpointListener{{Port: 80, Address: wire.Address{Network: "tcp", Address: ln.Addr().String()}}}}, nil
}

func (r *repeatingTarget) Close() error { return r.server.Close() }

// A secret is in no report, whatever is in it and wherever the target repeats it.
func TestSecretsAreInNoReport(t *testing.T) {
	t.Parallel()
	const bearer, cookie = "bearer: {env: TOKEN}", "cookie: {name: sid, env: SESSION}"
	for _, tc := range []struct{ auth, secret string }{
		{bearer, "S3CR3T"}, {bearer, `S3CR%s%41<script>alert("x")</script>&`}, {bearer, "S3CRä"}, {bearer, "S3CR\nline"},
		{cookie, "S3CR3T"}, {cookie, "s%3AS3CR%2F3T%26%3C%22.q"}, {cookie, "S3CR;3T"},
	} {
		secret := tc.secret
		p, err := policy.Parse("shop.yaml", []byte(strings.Replace(checkedPolicy, "headers: [x-request-id]", "headers: [x-request-id, authorization]\n  auth: {"+tc.auth+"}", 1)))
		require.NoError(t, err)
		engines := []browser.EngineName{browser.EngineModel}
		if strings.Contains(secret, "%") { // the browser's part is the same for all
			engines = append(engines, browser.EngineChromium)
		}
		for _, engine := range engines {
			t.Run(fmt.Sprintf("%.6s %q %s", tc.auth, secret, engine), func(t *testing.T) {
				t.Parallel()
				var out, kept strings.Builder
				about := report.Check{Policy: "shop.yaml", Target: report.CheckTarget{Name: "api"}}
				cases, suite := report.NewCheckWriter(&out, about), report.NewJUnit(about)
				summary, err := Check(t.Context(), Config{
					Policy: p, On: "api", Target: &repeatingTarget{}, Engine: engine, Timeout: 10 * time.Second,
					Secret: func(*policy.Auth) (string, error) { return secret, nil },
					Only:   func(id string) bool { return !strings.HasPrefix(id, "error/gateway/") },
					Each: func(c *judge.Checked) error {
						cases.Add(c)
						suite.Add(c)
						for _, trace := range append(c.Got, c.Engine...) {
							for _, x := range trace.Exchanges {
								if x.Response != nil {
									fmt.Fprintln(&kept, x.Response.Headers, x.Response.Body.Prefix)
								}
							}
						}
						return nil
					}})
				require.NoError(t, err)
				require.NoError(t, cases.Close(*summary))
				require.NoError(t, suite.Write(&out, *summary))
				require.NoError(t, report.WriteCheckMarkdown(&out, about, *summary))
				require.NoError(t, report.WriteAnnotations(&out, *summary))
				report.WriteCheck(&out, *summary, report.StylePlain)
				for _, text := range []string{out.String(), kept.String()} {
					i := strings.Index(text, "S3CR")
					assert.Negative(t, i, "%q", text[max(i-100, 0):min(max(i, 0)+100, len(text))])
				}
				switch {
				case strings.Contains(secret, "\n"):
					assert.Contains(t, out.String(), "not allowed in a header")
				case strings.Contains(secret, ";"):
					assert.Contains(t, out.String(), "browsers do not send in cookies")
				default:
					assert.Contains(t, kept.String(), "[redacted, ")
				}
			})
		}
	}
}

// What two traces differ in is values, and a secret is in none of them either.
func TestSecretsAreInNoEvidence(t *testing.T) {
	t.Parallel()
	var r redaction
	require.NoError(t, r.add("S3CR3T"))
	sent := catalog.Sent{{Method: "GET", URL: "https://api.test/?token=S3CR3T"}}
	c := &judge.Checked{
		Mismatches: []catalog.Deviation{{Want: catalog.Sent(nil), Got: sent}},
		Differences: []judge.StepDifference{{Difference: judge.Difference{
			Model: catalog.Text("network-error: S3CR3T"), Engine: catalog.Number(200),
		}}},
	}
	r.checked(c)
	assert.NotContains(t, fmt.Sprint(c.Mismatches, c.Differences), "S3CR3T")
	assert.Equal(t, catalog.Text("network-error: [redacted, 6 bytes]"), c.Differences[0].Model)
	assert.Equal(t, "https://api.test/?token=S3CR3T", sent[0].URL, "who else has it keeps it")
}

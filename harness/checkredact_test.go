package harness

import (
	"context"
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

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
)

// A repeatingTarget repeats what authenticates a request wherever an answer has room
// for it, and lets everybody read.
type repeatingTarget struct{ server http.Server }

func (r *repeatingTarget) Start(context.Context, wire.Upstream) (wire.Endpoint, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return wire.Endpoint{}, err
	}
	r.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		said := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", req.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Allow-Headers", "authorization, x-request-id, "+said)
		h.Set("Access-Control-Expose-Headers", "x-said, "+said)
		h.Set("X-Said", said)
		h.Set("Vary", "Origin, "+said)
		h.Set("Location", "/?said="+url.QueryEscape(said))
		fmt.Fprintf(w, "%s %q %s", html.EscapeString(said), said, strings.Repeat("-", 100))
		io.WriteString(w, strings.Repeat(said+" ", fetch.PrefixLimit/max(len(said), 1)+2)) // the prefix ends within one
	})
	go r.server.Serve(ln)
	return wire.Endpoint{Listeners: []wire.EndpointListener{{Port: 80, Address: wire.Address{Network: "tcp", Address: ln.Addr().String()}}}}, nil
}

func (r *repeatingTarget) Close() error { return r.server.Close() }

// A secret is in no report, whatever is in it and wherever the target repeats it.
func TestSecretsAreInNoReport(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(strings.Replace(checkedPolicy, "headers: [x-request-id]", "headers: [x-request-id, authorization]\n  auth: {bearer: {env: TOKEN}}", 1)))
	require.NoError(t, err)
	for _, secret := range []string{"S3CR3T", `S3CR%s%41<script>alert("x")</script>&`, "S3CRä", "S3CR\nline"} {
		for _, engine := range []EngineName{EngineModel, EngineChromium} {
			t.Run(fmt.Sprintf("%q %s", secret, engine), func(t *testing.T) {
				t.Parallel()
				var out, kept strings.Builder
				about := report.Check{Policy: "shop.yaml", Target: report.CheckTarget{Name: "api"}}
				cases, suite := report.NewCheckWriter(&out, about), report.NewJUnit(about)
				summary, err := Check(t.Context(), CheckConfig{
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
				if strings.Contains(secret, "\n") {
					assert.Contains(t, out.String(), "no header may have")
				} else {
					assert.Contains(t, kept.String(), "[redacted, ")
				}
			})
		}
	}
}

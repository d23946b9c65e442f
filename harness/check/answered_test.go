package check

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

// A rawTarget reads a request from each connection, writes the same bytes, and closes.
type rawTarget struct {
	says string
	ln   net.Listener
}

func (r *rawTarget) Facts() target.Facts {
	return target.Facts{Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs}
}

func (r *rawTarget) Start(context.Context, wire.Upstream) (_ wire.Endpoint, err error) {
	if r.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return wire.Endpoint{}, err
	}
	go func() {
		for {
			conn, err := r.ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, r.says)
				}
			}()
		}
	}()
	return wire.Endpoint{Listeners: []wire.EndpointListener{{Port: 80, Address: wire.Address{Network: "tcp", Address: r.ln.Addr().String()}}}}, nil
}

func (r *rawTarget) Close() error { return r.ln.Close() }

// Nothing that was read is no answer, and nothing follows from it.
func TestCheckOfATargetThatAnswersNothing(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	withAuth, err := policy.Parse("shop.yaml", []byte(strings.Replace(checkedPolicy, "headers: [x-request-id]", "headers: [x-request-id, authorization]\n  auth: {bearer: {env: TOKEN}}", 1)))
	require.NoError(t, err)
	for name, tc := range map[string]struct{ says, want string }{
		"it closes":              {"", ": EOF"},
		"a malformed header":     {"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "no answer that can be read"},
		"a malformed chunk":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no answer that can be read"},
		"a body that is cut":     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "no answer that can be read"},
		"what isn't HTTP at all": {"220 mail.example.com ESMTP\r\n", "no answer that can be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, run := range []struct {
				policy *policy.Policy
				only   func(string) bool
			}{
				{p, nil}, {p, func(id string) bool { return strings.HasPrefix(id, "origin/") }},
				{withAuth, nil}, // what isn't made for want of a secret isn't answered either
			} {
				checked, err := checkAll(t.Context(), Config{Policy: run.policy, On: "api", Target: &rawTarget{says: tc.says}, Engine: browser.EngineModel, Only: run.only})
				require.ErrorContains(t, err, "the target answered none of ")
				require.ErrorContains(t, err, tc.want)
				assert.Empty(t, checked)
			}
		})
	}
}

// Who answers others and closes the connection on one has done that; but of who may not
// read nothing follows.
func TestCheckOfATargetThatAnswersSome(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	const shop = "http://shop.test"
	for _, tc := range []struct {
		name    string
		engine  browser.EngineName
		closes  func(asked int64, r *http.Request) bool
		only    string // cases, by the first part of their IDs
		err     string
		end     judge.End // of cases that were closed
		finding judge.FindingID
	}{
		{name: "the denied", engine: browser.EngineModel, closes: func(_ int64, r *http.Request) bool {
			o := r.Header.Get("Origin")
			return o != "" && o != shop && o != "http://api.shop.test"
		}, end: judge.EndUnknown},
		{name: "a preflight", engine: browser.EngineModel, closes: func(_ int64, r *http.Request) bool {
			return r.Method == http.MethodOptions && r.Header.Get("Origin") == shop
		},
			end: judge.EndViolation, finding: judge.LooksLikeCORS},
		{name: "a case alone", engine: browser.EngineModel, only: "header/", closes: func(_ int64, r *http.Request) bool { return r.Header.Get("X-Request-Id") != "" },
			end: judge.EndViolation, finding: judge.LooksLikeCORS},
		{name: "it dies", engine: browser.EngineModel, closes: func(n int64, _ *http.Request) bool { return n > 40 }, err: "the target stopped answering: "},
		{name: "it dies under the browser", engine: browser.EngineChromium, closes: func(_ int64, r *http.Request) bool { return r.UserAgent() != "corsproof" }, err: "the target stopped answering: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked, dead atomic.Int64
			g := &goGateway{view: view, before: func(r *http.Request) {
				// Under the browser it dies for all.
				if tc.closes(asked.Add(1), r) || tc.engine == browser.EngineChromium && dead.Load() > 0 {
					dead.Add(1)
					panic(http.ErrAbortHandler)
				}
			}}
			var checked []*judge.Checked
			summary, err := Check(t.Context(), Config{Policy: p, On: "api", Target: g, Engine: tc.engine, Timeout: 10 * time.Second,
				Only: func(id string) bool {
					return strings.HasPrefix(id, tc.only) && !strings.HasPrefix(id, "error/gateway/")
				},
				Each: func(c *judge.Checked) error {
					checked = append(checked, c)
					return nil
				}})
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				assert.Empty(t, endsOf(checked)[judge.EndViolation])
				return
			}
			require.NoError(t, err)
			closed := map[judge.End]int{}
			for _, c := range checked {
				for i, trace := range c.Got {
					if g := trace.Exchanges; len(g) == 0 || g[len(g)-1].Response != nil {
						continue
					}
					closed[c.End()]++
					if len(c.Got) == 1 && refuses(c.Want[i]) {
						assert.Equal(t, judge.EndUnknown, c.End(), c.Case.ID)
					}
				}
			}
			assert.Zero(t, closed[judge.EndPass])
			assert.NotZero(t, closed[tc.end])
			if tc.finding == "" {
				assert.Empty(t, summary.Findings)
			}
			if tc.finding != "" {
				require.Len(t, summary.Findings, 1)
				assert.Equal(t, tc.finding, summary.Findings[0].ID)
			}
		})
	}
}

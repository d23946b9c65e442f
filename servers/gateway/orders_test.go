package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
)

// A policyUpstream does what a case has the upstream do.
type policyUpstream struct {
	mu    sync.Mutex
	queue []catalog.UpstreamAnswer
}

func (u *policyUpstream) set(queue []catalog.UpstreamAnswer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(queue) == 0 {
		queue = []catalog.UpstreamAnswer{catalog.DefaultAnswer}
	}
	u.queue = queue
}

func (u *policyUpstream) next() catalog.UpstreamAnswer {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.queue[0]
	if len(u.queue) > 1 {
		u.queue = u.queue[1:]
	}
	return now
}

func (u *policyUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	now := u.next()
	switch now.Act {
	case catalog.ActRefuses, catalog.ActResets:
		panic(http.ErrAbortHandler) // closes the connection
	case catalog.ActHangs:
		<-r.Context().Done()
		return
	}
	for _, line := range now.Headers {
		w.Header().Add(line.Header().Name(), line.Header().Value())
	}
	w.WriteHeader(now.Status)
	io.WriteString(w, now.Body)
}

// answers calls the gateway for the model.
func answers(c *catalog.PolicyCase, l wire.EndpointListener, e wire.Endpoint) (answer fetch.Answerer, close func()) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(c.Protocol != catalog.HTTP2)
	protocols.SetHTTP2(c.Protocol != catalog.HTTP1)
	transport := &http.Transport{
		Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: e.Roots}, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, l.Address.Network, l.Address.Address)
		},
	}
	return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		if r.URL.Origin() == catalog.Elsewhere {
			return fetch.NetworkResponse{Status: 200, Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}, Body: fetch.PayloadOf([]byte("elsewhere"))}, nil
		}
		req, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), strings.NewReader(r.Body))
		if err != nil {
			return fetch.NetworkResponse{}, err
		}
		for _, h := range r.Headers {
			req.Header[h.Name()] = append(req.Header[h.Name()], h.Value())
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return fetch.NetworkResponse{Failed: err.Error()}, nil
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return fetch.NetworkResponse{Failed: err.Error()}, nil
		}
		out := fetch.NetworkResponse{Status: resp.StatusCode, Body: fetch.PayloadOf(body)}
		for name, values := range resp.Header {
			for _, v := range values {
				out.Headers = append(out.Headers, fetch.Header{name, v})
			}
		}
		return out, nil
	}, transport.CloseIdleConnections
}

// The two configs of fixtures/gateways/orders do what the policy says, in every
// case that follows from it; with a mistake in them they don't.
func TestOrdersFollowTheirPolicy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		kind Kind
		// file is of the fixtures; change, if there is one, a pair of texts.
		file, main string
		change     []string
		wrong      string // the first part of the IDs of cases that must fail
	}{
		{name: "nginx", kind: Nginx, file: "nginx.conf", main: "nginx.conf"},
		{name: "envoy", kind: Envoy, file: "envoy.yaml", main: "envoy.yaml"},
		{name: "nginx/no-always", kind: Nginx, file: "snippets/cors.conf", main: "nginx.conf", change: []string{"always;", ";"}, wrong: "error/application/"},
		{name: "nginx/two-owners", kind: Nginx, file: "snippets/cors.conf", main: "nginx.conf", change: []string{"proxy_hide_header Access-Control-Allow-Origin;", ""}, wrong: "layer/"},
		{name: "envoy/no-expose", kind: Envoy, file: "envoy.yaml", main: "envoy.yaml", change: []string{"expose_headers: etag,", "expose_headers:"}, wrong: "expose/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			main := configFile(t, "gateways/orders/"+tc.main)
			if tc.change != nil {
				file := filepath.Join(filepath.Dir(main), tc.file)
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Contains(t, string(text), tc.change[0])
				require.NoError(t, os.WriteFile(file, []byte(strings.NewReplacer(tc.change...).Replace(string(text))), 0o644))
			}
			wrong, notRun := follow(t, tc.kind, main)
			for id, why := range wrong {
				if tc.change == nil {
					t.Errorf("%s: %s", id, why)
				}
			}
			if tc.change != nil {
				assert.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(wrong)), func(id string) bool { return strings.HasPrefix(id, tc.wrong) }), "%v", wrong)
				return
			}
			// It has no rate limit, serves nothing that the policy doesn't list, and
			// takes few other spellings of a path.
			for _, id := range notRun {
				assert.Regexp(t, "^(error/gateway/too-many|scope/unlisted|scope/spelled-(slash-after|semicolon|upper-case))/", id, "a case was not run")
			}
		})
	}
}

// follow runs every case that follows from the policy, in the model over what the
// gateway answers. It returns the cases that came out wrong, and those of which
// the gateway didn't do what was to be provoked.
func follow(t *testing.T, k Kind, file string) (wrong map[string]string, notRun []string) {
	t.Helper()
	text, err := fixtures.Files.ReadFile("policies/orders.yaml")
	require.NoError(t, err)
	p, err := policy.Parse("orders.yaml", text)
	require.NoError(t, err)
	view, err := p.On(string(k))
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	require.Greater(t, len(cases), 100)
	up := &policyUpstream{}
	server := httptest.NewServer(up)
	t.Cleanup(server.Close)
	g, err := New(k, file, configT(t))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	e, err := g.Start(t.Context(), wire.Upstream{Plain: wire.Address{Network: "tcp", Address: server.Listener.Addr().String()}})
	require.NoError(t, err)
	l, err := e.For(view.Target.URL.Text)
	require.NoError(t, err)
	wrong = map[string]string{}
	for _, c := range cases {
		c := c.WithSecret("secret")
		want, err := c.Expect(t.Context(), nil)
		require.NoError(t, err)
		answer, done := answers(&c, l, e)
		got, err := c.Run(t.Context(), nil, func(step int) fetch.Answerer { up.set(c.Steps[step].Upstream); return answer })
		done()
		require.NoError(t, err)
		if ok, _ := c.Provoked(got); !ok {
			notRun = append(notRun, c.ID)
			continue
		}
		for _, m := range c.Compare(want, got) {
			wrong[c.ID] += fmt.Sprintf("%s: %+v\n", c.Why, m)
		}
	}
	require.NoError(t, g.Err())
	return wrong, notRun
}

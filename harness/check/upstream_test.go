package check

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// The upstream does what is scripted, request by request; a preflight that gets
// through to it is no part of the script.
func TestUpstreamKnowsNoPreflights(t *testing.T) {
	t.Parallel()
	u, err := newUpstream(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, u.Close()) })
	require.NoError(t, u.script("one", []catalog.UpstreamAnswer{{Status: 201}, {Status: 202}}))
	conn, err := net.Dial(u.Address().Network, u.Address().Address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	for _, tc := range []struct {
		method, headers string
		want            int
	}{
		{"OPTIONS", "Origin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n", 405},
		{"PUT", "Origin: https://a.test\r\n", 201},
		{"OPTIONS", "Origin: https://a.test\r\n", 202},
		{"OPTIONS", "Access-Control-Request-Method: PUT\r\n", 202},
	} {
		fmt.Fprintf(conn, "%s /x?case=one HTTP/1.1\r\nHost: a.test\r\n%s\r\n", tc.method, tc.headers)
		r, err := http.ReadResponse(in, &http.Request{Method: tc.method})
		require.NoError(t, err)
		r.Body.Close()
		assert.Equal(t, tc.want, r.StatusCode, "%s %q", tc.method, tc.headers)
	}
}

// The auth service says no to who lacks what the policy's routes authenticate by.
func TestAuthServiceWantsACredential(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ auth, header, value, other string }{
		{`{bearer: {env: T}}`, "Authorization", "Bearer x", "Basic x"},
		{`{api_key: {header: x-key, env: T}}`, "X-Key", "k", ""},
		{`{cookie: {name: sid, env: T}}`, "Cookie", "sid=1", "other=1"},
	} {
		p, err := policy.Parse("p.yaml", []byte(`targets: {a: {url: "https://a.example"}}
origins: {b: ["https://b.example"]}
routes: [{path: /x, origins: [b], headers: [authorization, x-key], credentials: true, auth: `+tc.auth+`}]
`))
		require.NoError(t, err)
		view, err := p.On("a")
		require.NoError(t, err)
		for value, want := range map[string]int{tc.value: 200, tc.other: 401, "": 401} {
			r := httptest.NewRequest(http.MethodGet, "/verify", nil)
			r.Header.Set(tc.header, value)
			w := httptest.NewRecorder()
			authHandler(view)(w, r)
			assert.Equal(t, want, w.Code, "%s: %q", tc.auth, value)
		}
	}
}

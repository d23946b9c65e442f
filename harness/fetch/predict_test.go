package fetch_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

const page = "https://app.example.com"

// answers is what a scripted network says: for each "METHOD URL", or URL alone,
// the answers in order; the last one is repeated.
type answers map[string][]fetch.NetworkResponse

// answer builds a response with status, and headers as name, value, name….
func answer(status int, headers ...string) fetch.NetworkResponse {
	r := fetch.NetworkResponse{Status: status, Body: fetch.PayloadOf([]byte("hello"))}
	for i := 0; i < len(headers); i += 2 {
		r.Headers = append(r.Headers, fetch.Header{headers[i], headers[i+1]})
	}
	return r
}

// network returns the Answerer of a script. A request that the script doesn't
// know fails the test.
func network(tb testing.TB, script answers) fetch.Answerer {
	tb.Helper()
	return func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		for _, key := range []string{r.Method + " " + r.URL.String(), r.URL.String()} {
			list := script[key]
			if len(list) == 0 {
				continue
			}
			if len(list) > 1 {
				script[key] = list[1:]
			}
			return list[0], nil
		}
		tb.Errorf("unscripted request: %s %s", r.Method, r.URL)
		return fetch.NetworkResponse{Failed: "unscripted"}, nil
	}
}

// predict runs one request through a fresh standard user agent.
func predict(tb testing.TB, req fetch.Request, script answers) fetch.Trace {
	tb.Helper()
	return predictWith(tb, new(fetch.UserAgent), req, script)
}

// predictWith runs the next request of a user agent.
func predictWith(tb testing.TB, ua *fetch.UserAgent, req fetch.Request, script answers) fetch.Trace {
	tb.Helper()
	if req.Origin == "" {
		req.Origin = page
	}
	trace, err := ua.Predict(tb.Context(), req, network(tb, script))
	require.NoError(tb, err)
	return trace
}

// verdict is a trace in a few words: "cors 200", or for a block its phase, step
// and detail.
func verdict(trace fetch.Trace) string {
	o := trace.Outcome
	switch {
	case o.Kind == fetch.OutcomeResponse:
		return string(o.Response.Type) + " " + itoa(o.Response.Status)
	case o.Block != nil:
		return o.Block.Phase + " " + o.Block.Step + " " + o.Block.Detail
	}
	return string(o.Kind) + ": " + o.Error
}

// wire is the exchanges of a trace: method and server's path of each.
func wire(trace fetch.Trace) []string {
	var out []string
	for _, e := range trace.Exchanges {
		out = append(out, e.Request.Method+" "+e.Server+e.Request.Target)
	}
	return out
}

func itoa(n int) string {
	if n == 0 {
		return "0"
	}
	digits := ""
	for ; n > 0; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

const api = "https://api.example.net"

// allow returns headers that share a response with the page without
// credentials, and more.
func allow(more ...string) []string {
	return append([]string{"Access-Control-Allow-Origin", page}, more...)
}

// allowCredentials is allow with credentials.
func allowCredentials(more ...string) []string {
	return append([]string{"Access-Control-Allow-Origin", page, "Access-Control-Allow-Credentials", "true"}, more...)
}

func one(r fetch.NetworkResponse) []fetch.NetworkResponse { return []fetch.NetworkResponse{r} }

// A flow is one request with the answers that it meets.
type flow struct {
	name, why string
	req       fetch.Request
	script    answers
	verdict   string
	wire      []string
	// header is a header of the exchanges, "Name" in order of the wire, and what
	// it must be in each; "-" for absent.
	header string
	values []string
}

func runFlows(t *testing.T, flows []flow) {
	t.Helper()
	for _, tc := range flows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			checkFlow(t, tc, predict(t, tc.req, tc.script))
		})
	}
}

func checkFlow(t *testing.T, tc flow, trace fetch.Trace) {
	t.Helper()
	require.Equal(t, tc.verdict, verdict(trace), tc.why)
	require.Equal(t, tc.wire, wire(trace), tc.why)
	if b := trace.Outcome.Block; b != nil {
		require.NotEmpty(t, b.Sentence)
		switch b.Phase {
		case "concept-cors-check", "concept-http-fetch", "cors-preflight-fetch-0", "concept-http-redirect-fetch", "cross-origin-resource-policy-internal-check":
			require.Equal(t, trace.Exchanges[len(trace.Exchanges)-1].ID, b.Exchange, "the block names the response that was refused")
		}
	}
	if tc.header == "" {
		return
	}
	var got []string
	for _, e := range trace.Exchanges {
		v, ok := e.Request.Headers.Get(tc.header)
		if !ok {
			v = "-"
		}
		got = append(got, v)
	}
	require.Equal(t, tc.values, got, tc.why)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

package browser

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

func TestStrayRequestsFailLoudly(t *testing.T) {
	// Serial: what it sends astray must not fall into another test's window.
	i := start(t)
	server := i.serve(t, "stray", allowing)
	p, _ := i.open(t, "")
	page := p.(*chromiumPage)
	url := at(server.Addr(), "/asked", "h=Access-Control-Allow-Origin: *")
	_, err := eval[any](t.Context(), page.tab, evaluate(fmt.Sprintf(
		`const fetchBefore = document.querySelector('iframe').contentWindow.fetch;
		for (const frame of document.querySelectorAll('iframe')) {
			const own = frame.contentWindow.fetch;
			frame.contentWindow.fetch = (...all) => { fetch('http://%s/unasked', {mode: 'no-cors'}); return own.apply(frame.contentWindow, all); };
		}`, server.Addr())))
	require.NoError(t, err)
	traces, err := tryObserve(t.Context(), page, fetch.Request{URL: url})
	var stray *StrayError
	require.ErrorAs(t, err, &stray)
	assert.ErrorContains(t, err, "GET /unasked at stray")
	require.Len(t, stray.Exchanges, 1)
	assert.Contains(t, i.chromium.Stray(), stray.Exchanges[0])
	assert.Equal(t, []string{"GET 200"}, wireStory(traces[0]))
}

// TestWitnessesThatDisagree feeds the join contradictions: no real browser can
// be made to tell them.
func TestWitnessesThatDisagree(t *testing.T) {
	t.Parallel()
	const peer, hostport, url = "127.0.0.1:4000", "127.0.0.1:80", "http://127.0.0.1/x"
	exchange := func(change func(*fetch.Exchange)) []fetch.Exchange {
		x := fetch.Exchange{
			ID: "s#1.1", Kind: fetch.ExchangeRequest, Peer: peer, Ended: new(fetch.Offset),
			Request:  fetch.SentRequest{Method: "GET", Target: "/x"},
			Response: &fetch.SentResponse{Status: 200, Body: fetch.PayloadOf([]byte("body"))},
		}
		change(&x)
		return []fetch.Exchange{x}
	}
	same := func(*fetch.Exchange) {}
	body := "body"
	read := report{Kind: "response", URL: url, ResponseURL: url, Type: "cors", Status: 200, Body: &body}

	tests := []struct {
		name      string
		exchanges []fetch.Exchange
		history   []fetch.Exchange
		report    report
		why       *explanation
		want      string // empty: they agree
	}{
		{"agree", exchange(same), nil, read, nil, ""},
		{"status", exchange(func(x *fetch.Exchange) { x.Response.Status = 404 }), nil, read, nil, "recorder: s#1.1 was answered 404"},
		{"digest", exchange(func(x *fetch.Exchange) { x.Response.Body = fetch.PayloadOf([]byte("other")) }), nil, read, nil, "recorder: s#1.1 has 5 bytes"},
		{"never sent", nil, nil, read, nil, "recorder: it was never asked"},
		{"cached", nil, exchange(same), read, nil, ""},
		{"validated", exchange(func(x *fetch.Exchange) { x.Response.Status = 304 }), nil, read, nil, ""},
		{"never answered", exchange(func(x *fetch.Exchange) { x.Response = nil }), nil, read, nil, "was not answered"},
		{"coded", exchange(func(x *fetch.Exchange) {
			x.Response.Headers = fetch.HeaderList{{"content-encoding", "gzip"}}
			x.Response.Body = fetch.Payload{Digest: "sha256:other"}
		}), nil, read, nil, ""},
		{"blocked and read", exchange(same), nil, read, &explanation{sentence: "No."}, "protocol: blocked, No."},
		{"blocked", exchange(same), nil, report{Kind: "network-error", URL: url}, &explanation{sentence: "No."}, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			connections := []wire.RoutedConnection{{HostPort: hostport, Address: "127.0.0.1:9", Peer: peer}}
			rec := newRecording(tc.exchanges, connections, []string{"127.0.0.1:9"})
			c := rec.follow(fetch.Request{URL: url}, url, "")
			err := c.contradicted(Job{ID: "it"}, &tc.report, tc.why, func(hop) []fetch.Exchange { return tc.history })
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			var disagreement *DisagreementError
			require.ErrorAs(t, err, &disagreement)
			assert.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, `job "it"`)
			assert.ErrorContains(t, err, "page: ")
		})
	}
}

func TestRoundsKeepURLsApart(t *testing.T) {
	t.Parallel()
	var jobs []Job
	for n, url := range []string{"u", "v", "u#a", "w", "u"} {
		jobs = append(jobs, Job{ID: fmt.Sprint(n), Request: fetch.Request{URL: url}})
	}
	var got [][]string
	for _, round := range rounds(jobs) {
		var ids []string
		for _, j := range round {
			ids = append(ids, j.ID)
		}
		got = append(got, ids)
	}
	assert.Equal(t, [][]string{{"0", "1", "3"}, {"2"}, {"4"}}, got)
}

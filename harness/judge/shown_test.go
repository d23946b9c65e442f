package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// What the upstream sent is shown beside the answer: of several of its answers, the one
// to the same origin, and none that has another method or status.
func TestShownUpstream(t *testing.T) {
	t.Parallel()
	exchange := func(method, origin string, status int, value string) fetch.Exchange {
		return fetch.Exchange{
			Request:  fetch.SentRequest{Method: method, Headers: fetch.HeaderList{{"Origin", origin}}},
			Response: &fetch.SentResponse{Status: status, Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", value}, {"X-Other", "x"}}},
		}
	}
	upstream := []fetch.Exchange{
		exchange("GET", "https://a.test", 200, "a"), exchange("GET", "https://b.test", 200, "b"), exchange("GET", "https://c.test", 200, "c"),
		exchange("GET", "https://b.test", 502, "status"), exchange("PUT", "https://b.test", 200, "method"), {Request: fetch.SentRequest{Method: "GET"}},
	}
	for _, tc := range []struct {
		origin string
		status int
		want   fetch.HeaderList
	}{
		{"https://b.test", 200, fetch.HeaderList{{"Access-Control-Allow-Origin", "b"}}},
		{"https://b.test", 502, fetch.HeaderList{{"Access-Control-Allow-Origin", "status"}}},
		{"https://z.test", 200, fetch.HeaderList{{"Access-Control-Allow-Origin", "a"}}}, // whose it was isn't known
		{"https://b.test", 404, nil},
	} {
		x := exchange("GET", tc.origin, tc.status, "gateway")
		s := &symptom{request: request{Checked: &Checked{Upstream: upstream, UpstreamSeen: true}}}
		assert.Equal(t, policy.Shown{
			Request: x.Request.Headers, Method: "GET", Status: tc.status, Answer: fetch.HeaderList{{"Access-Control-Allow-Origin", "gateway"}},
			FromUpstream: tc.want != nil, Upstream: tc.want,
		}, s.shows(&x))
	}
}

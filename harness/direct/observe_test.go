package direct

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A liar is a client that says something else of the paths that it lies about.
type liar struct {
	Client
	lies map[string]func(*fetch.ReadResponse)
}

func (l liar) Call(ctx context.Context, requests []fetch.Request) ([]Reply, error) {
	replies, err := l.Client.Call(ctx, requests)
	for i, r := range requests {
		u, _ := fetch.ParseURL(r.URL, nil)
		if lie := l.lies[u.Path]; err == nil && lie != nil {
			lie(replies[i].Outcome.Response)
		}
	}
	return replies, err
}

// TestClientsThatDisagreeAreUnknown: a client that says other than its recorder saw
// has an unknown trace where it does, and the others stand.
func TestClientsThatDisagreeAreUnknown(t *testing.T) {
	t.Parallel()
	r := recorder(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("body")) })
	honest := NewNetHTTP(Config{})
	t.Cleanup(honest.Close)
	url := "http://" + r.Addr()
	requests := []fetch.Request{{URL: url + "/right"}, {URL: url + "/status"}, {URL: url + "/body"}, {URL: url + "/last"}}
	observe := func(client Client) ([]fetch.Trace, error) {
		return Observe(t.Context(), client, []*wire.Recorder{r}, requests)
	}
	_, err := observe(honest)
	require.NoError(t, err)
	traces, err := observe(liar{honest, map[string]func(*fetch.ReadResponse){
		"/status": func(r *fetch.ReadResponse) { r.Status = 404 },
		"/body":   func(r *fetch.ReadResponse) { r.Body = fetch.PayloadOf([]byte("another")) },
	}})
	require.Error(t, err)
	assert.True(t, IsEvidenceProblem(err))
	require.Len(t, traces, len(requests))
	assert.True(t, traces[0].Outcome.Readable())
	assert.True(t, traces[3].Outcome.Readable())
	for i, want := range map[int]string{1: "read status 404, but its recorder saw 200", 2: "read a body of 7 bytes"} {
		assert.Equal(t, fetch.OutcomeUnknown, traces[i].Outcome.Kind)
		assert.Contains(t, traces[i].Outcome.Error, want)
		assert.ErrorContains(t, err, want)
		assert.Len(t, traces[i].Exchanges, 1, "what was on the wire stays")
	}
	assert.False(t, IsEvidenceProblem(nil))
	assert.False(t, IsEvidenceProblem(errors.New("another")))
	assert.False(t, IsEvidenceProblem(errors.Join(errors.New("another"), &DisagreementError{})))
}

package direct

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Nobody else calls from where a call comes from, not even the one before.
func TestNetHTTPCallsFromItsOwnAddresses(t *testing.T) {
	t.Parallel()
	from := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		from <- host
		io.WriteString(w, "read")
	}))
	defer server.Close()
	client := NewNetHTTP(Config{})
	defer client.Close()
	request := fetch.Request{URL: server.URL}
	replies, err := client.Call(t.Context(), []fetch.Request{request, request})
	require.NoError(t, err)
	first, second := <-from, <-from
	assert.NotEqual(t, first, second)
	assert.NotContains(t, []string{first, second}, "127.0.0.1")
	host, _, err := net.SplitHostPort(replies[0].Connections[0])
	require.NoError(t, err)
	assert.Equal(t, first, host)
}

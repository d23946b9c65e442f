package gateway

import "testing"

// NewT is [New] with the pinned program, for a test; the test closes the gateway. hosts
// are the hosts of the URLs that pages call.
func NewT(tb testing.TB, k Kind, file string, hosts ...string) *Gateway {
	tb.Helper()
	g, err := New(tb.Context(), k, file, Config{Hosts: hosts})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := g.Close(); err != nil {
			tb.Errorf("end the gateway: %v", err)
		}
	})
	return g
}

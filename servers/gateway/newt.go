package gateway

import "testing"

// NewT is [New] with the project's own program, for a test, which closes what it
// returns. Hosts are those of the URLs that pages call.
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

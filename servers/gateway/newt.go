package gateway

import (
	"testing"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// NewT is [New] with the project's own program, for a test, which ends what it
// takes. Hosts are those of the URLs that pages call. The first use on a machine
// installs the program.
func NewT(tb testing.TB, k Kind, file string, hosts ...string) *Gateway {
	tb.Helper()
	installed, err := servers.Install(tb.Context(), servers.InstallConfig{})
	if err != nil {
		tb.Fatal(err)
	}
	run, err := process.NewRun(process.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := run.Close(); err != nil {
			tb.Errorf("end the gateway: %v", err)
		}
	})
	ca, err := wire.NewCA()
	if err != nil {
		tb.Fatal(err)
	}
	g, err := New(k, file, Config{Run: run, CA: ca, Installed: installed, Hosts: hosts})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

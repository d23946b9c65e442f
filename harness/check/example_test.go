package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/servers/gateway"
	_ "github.com/corsproof/corsproof/servers/gateway/all" // the kinds of gateways
)

// A gateway's config against a policy, as a test beside both files: one subtest for
// each case.
//
//	go test -run 'TestCORS/origin'
func ExampleRun() {
	// func TestCORS(t *testing.T) {
	var t *testing.T
	check.Run(t, "cors.yaml")
}

// What the example says, with a real gateway and a real browser: the example's Envoy
// config, of which no case fails.
func TestRunOfEnvoy(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, fixtures.Files))
	check.Run(t, filepath.Join(dir, "example", "cors.yaml"), check.Config{
		Target: gateway.NewT(t, "envoy", filepath.Join(dir, "example", "envoy.yaml"), "api.shop.example.com"),
		Only: func(id string) bool { // it limits nobody, so that no 429 can be provoked
			return (strings.HasPrefix(id, "route/") || strings.HasPrefix(id, "error/")) && !strings.Contains(id, "/too-many/")
		},
	})
}

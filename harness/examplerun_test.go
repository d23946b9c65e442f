package harness_test

import (
	"testing"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/servers/gateway"
)

// A gateway's config against a policy, as a test beside both files: one subtest for
// each case.
//
//	go test -run 'TestCORS/origin'
func ExampleRun() {
	// func TestCORS(t *testing.T) {
	var t *testing.T
	harness.Run(t, harness.CheckConfig{
		Policy: harness.PolicyT(t, "shop.yaml"),
		On:     "edge",
		Target: gateway.NewT(t, gateway.Nginx, "nginx.conf", "api.shop.example.com"),
		Secret: harness.Secrets("."),
	})
}

// Package check checks a target against a policy: it derives the cases that follow
// from the policy, sends their requests to the target, lets the model predict and a
// real browser observe, judges the responses, and explains what is wrong.
//
// [Check] does it for any program, [Run] for go test:
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/all" // the kinds of gateways
//
//	func TestCORS(t *testing.T) {
//		check.Run(t, "cors.yaml")
//	}
package check

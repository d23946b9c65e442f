// Package check holds a target against a policy: it derives the cases that follow
// from the policy, asks the target, has the model predict and a real browser
// observe, judges, and explains what is wrong.
//
// [Check] does it for any program, [Run] for go test:
//
//	func TestCORS(t *testing.T) {
//		check.Run(t, check.Config{
//			Policy: check.PolicyT(t, "cors.yaml"),
//			On:     "edge",
//			Target: gateway.NewT(t, gateway.Nginx, "nginx.conf", "api.shop.example.com"),
//		})
//	}
package check

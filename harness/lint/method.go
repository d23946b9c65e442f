package lint

import (
	"context"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// methodCase finds methods that a browser writes in upper case, and a patch that it
// doesn't: https://fetch.spec.whatwg.org/#concept-method-normalize.
func methodCase(_ context.Context, r *request) ([]Problem, error) {
	var out []Problem
	methods := []string{r.Call.Request.Method}
	if r.asks {
		methods = append(methods, r.method)
	}
	for _, method := range methods {
		upper := strings.ToUpper(method)
		p := Problem{Rule: "method-case", Instead: "write " + upper, Standard: standard("concept-method-normalize")}
		switch {
		case method != fetch.NormalizeMethod(method):
			p.Wrong = fmt.Sprintf("a browser sends this method in upper case, and never as %s", method)
		case upper == "PATCH" && method != upper:
			// A browser sends it if page code writes it, and the server takes it for
			// another method: what was meant is tested by nothing.
			p.Wrong = fmt.Sprintf("%s is another method than PATCH: a browser does not change its case, and Access-Control-Allow-Methods: PATCH does not allow it", method)
		default:
			continue
		}
		out = append(out, p)
	}
	return out, nil
}

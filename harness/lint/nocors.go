package lint

import (
	"context"

	"github.com/corsproof/corsproof/harness/fetch"
)

// noCORSHeaders finds headers that mode no-cors drops.
func noCORSHeaders(_ context.Context, r *request) ([]Problem, error) {
	if r.mode != "no-cors" || r.Recorded || r.asks {
		return nil, nil
	}
	names := fetch.UnsafeRequestHeaderNames(r.Call.Request.Headers)
	if len(names) == 0 || !r.isOfPageCode() {
		return nil, nil
	}
	return one(Problem{
		Rule: "no-cors-headers", Wrong: "Sec-Fetch-Mode is no-cors, in which a browser drops " + list(names),
		Instead: "write Sec-Fetch-Mode: cors, or leave them out", Standard: standard("no-cors-safelisted-request-header"),
	})
}

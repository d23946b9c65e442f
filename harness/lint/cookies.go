package lint

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// cookies finds cookies that the credentials mode excludes.
func cookies(_ context.Context, r *request) ([]Problem, error) {
	if r.asks || r.url == nil || r.Call.Cookies == "" {
		return nil, nil
	}
	omits := r.credentials == fetch.CredentialsOmit || r.credentials == fetch.CredentialsSameOrigin && r.isCross()
	if !omits {
		return nil, nil
	}
	return one(Problem{
		Rule: "credentials-exclude-cookies", Wrong: fmt.Sprintf("credentials is %s, with which a browser sends no Cookie to %s", r.credentials, r.url.Origin()),
		Instead: "write credentials include, or leave Cookie out", Standard: standard("concept-http-network-or-cache-fetch"), Step: "8.21",
	})
}

package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// deciding is the header that a block is about.
func deciding(detail string) string {
	switch detail {
	case fetch.DetailCredentialsMissing, fetch.DetailCredentialsInvalid:
		return "Access-Control-Allow-Credentials"
	case fetch.DetailPreflightMethodsGrammar, fetch.DetailMethodNotAllowed:
		return "Access-Control-Allow-Methods"
	case fetch.DetailPreflightHeadersGrammar, fetch.DetailHeaderNotAllowed, fetch.DetailAuthorizationNotListed:
		return "Access-Control-Allow-Headers"
	}
	return "Access-Control-Allow-Origin"
}

// mistake words what a block says of the response, and what to write.
func (r *request) mistake(b *fetch.Block) (wrong, instead string) {
	word := "expected"
	if r.Recorded {
		word = "recorded"
	}
	name := deciding(b.Detail)
	value, _ := r.Response.Headers.Get(name)
	right, _ := r.right().Get(name)
	shown := strconv.Quote(shortened(value))
	say := func(format string, args ...any) string {
		return fmt.Sprintf("no browser accepts the %s response: ", word) + fmt.Sprintf(format, args...)
	}
	instead = fmt.Sprintf("write %s: %s", name, shortened(right))
	switch b.Detail {
	case fetch.DetailMissing:
		return say("it has no %s", name), "add " + strings.TrimPrefix(instead, "write ")
	case fetch.DetailMultiple:
		return say("%s is %s, and it has to be one value", name, shown), instead + ", once"
	case fetch.DetailWildcardWithCredentials:
		return say("%s is *, which does not count for a request with credentials", name), instead
	case fetch.DetailInvalid, fetch.DetailMismatch:
		return say("%s is %s, and Origin is %q", name, shown, r.origin), instead
	case fetch.DetailCredentialsMissing:
		return say("it has no %s, and the request has credentials", name), "add " + strings.TrimPrefix(instead, "write ")
	case fetch.DetailCredentialsInvalid:
		return say("%s is %s, and only true counts, once and in lower case", name, shown), instead
	case fetch.DetailPreflightStatus:
		return say("its status is %d, and a preflight needs one of 200 to 299", r.Response.Status), "write 204"
	case fetch.DetailPreflightMethodsGrammar, fetch.DetailPreflightHeadersGrammar:
		return say("%s is %s, which is no list of names with commas between", name, shown), instead
	case fetch.DetailAuthorizationNotListed:
		return say("%s is %s, which does not list authorization by name", name, shown), "add authorization to " + name
	}
	missing := fetch.NormalizeMethod(r.method)
	if b.Detail == fetch.DetailHeaderNotAllowed {
		missing = strings.TrimSuffix(b.Sentence, " is not in Access-Control-Allow-Headers.")
	}
	if slices.Contains(r.Response.Headers.Items(name), fetch.Wildcard) {
		return say("%s is %s, and * does not count for a request with credentials", name, shown), fmt.Sprintf("add %s to %s", missing, name)
	}
	return say("%s is %s, which lacks %s", name, shown, missing), fmt.Sprintf("add %s to %s", missing, name)
}

// shortened cuts a value that is too long for a line.
func shortened(value string) string {
	const most = 200
	if len(value) <= most {
		return value
	}
	return value[:most] + "…"
}

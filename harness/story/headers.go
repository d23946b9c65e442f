package story

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	exposeHeaders    = "Access-Control-Expose-Headers"
	resourcePolicy   = "Cross-Origin-Resource-Policy"
)

// headerOf is the response header that a step looks at; empty if it looks at none.
func headerOf(b *fetch.Block) string {
	switch b.Detail {
	case fetch.DetailMissing, fetch.DetailMultiple, fetch.DetailInvalid, fetch.DetailWildcardWithCredentials, fetch.DetailMismatch:
		return allowOrigin
	case fetch.DetailCredentialsMissing, fetch.DetailCredentialsInvalid:
		return allowCredentials
	case fetch.DetailPreflightMethodsGrammar, fetch.DetailMethodNotAllowed:
		return allowMethods
	case fetch.DetailPreflightHeadersGrammar, fetch.DetailAuthorizationNotListed, fetch.DetailHeaderNotAllowed:
		return allowHeaders
	case "location-credentials", "location-invalid", "location-scheme":
		return "Location"
	}
	if b.Phase == "cross-origin-resource-policy-internal-check" {
		return resourcePolicy
	}
	return ""
}

// sentMatters are the request headers that decide what the CORS protocol does, or what a
// server answers; those of the page's code matter, too.
var sentMatters = []string{
	"origin", "access-control-request-method", "access-control-request-headers", "cookie", "authorization", "content-type",
}

// receivedMatters are the response headers that a story shows beside those of the CORS
// protocol.
var receivedMatters = []string{
	"vary", "location", "allow", "www-authenticate", "set-cookie", "content-type", "server", "via", "x-powered-by", "age", "x-cache",
	"cross-origin-resource-policy", "strict-transport-security",
}

// matters reports whether a response header is one that a reader of a story looks at.
func matters(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "access-control-") || slices.Contains(receivedMatters, name)
}

// sentLines are the request's headers, the browser's own ones not marked as ones that
// matter.
func sentLines(sent fetch.HeaderList, author fetch.HeaderList) []Line {
	lines := []Line{}
	for _, h := range sent {
		lines = append(lines, Line{
			Name: h.Name(), Value: h.Value(),
			Matters: slices.Contains(sentMatters, strings.ToLower(h.Name())) || author.Contains(h.Name()),
		})
	}
	return lines
}

// receivedLines are the response's headers.
func receivedLines(received fetch.HeaderList) []Line {
	lines := []Line{}
	for _, h := range received {
		lines = append(lines, Line{Name: h.Name(), Value: h.Value(), Matters: matters(h.Name())})
	}
	return lines
}

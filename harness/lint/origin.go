package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// originHeader finds Origin headers that are no origin of a page. A list of curl lines
// or JSON with a URL in it is refused by its reader already.
func originHeader(_ context.Context, r *request) ([]Problem, error) {
	wrong, instead := originMistake(r)
	if wrong == "" {
		return nil, nil
	}
	return one(Problem{Rule: "origin-invalid", Wrong: wrong, Instead: instead, Standard: standard("origin-header")})
}

func originMistake(r *request) (wrong, instead string) {
	const write = "write scheme, host and port of the page, as in https://app.example.com"
	lines := r.Call.Sent.Lines("Origin")
	switch {
	case len(lines) == 0:
		return "", ""
	case len(lines) > 1:
		return "Origin is written twice", "leave one out"
	case lines[0] == "":
		return "Origin is empty, and a browser sends a value or no Origin at all", "write an origin, or leave Origin out"
	case strings.Contains(r.origin, "*"):
		return fmt.Sprintf("Origin is %q, and no page has an origin with a * in it", r.origin), write
	}
	scheme, _, hasScheme := strings.Cut(r.origin, ":")
	switch scheme = strings.ToLower(scheme); {
	case r.origin == string(fetch.OpaqueOrigin):
		return "", ""
	case !hasScheme:
		return fmt.Sprintf("Origin is %q, which is no origin", r.origin), write
	case slices.Contains([]string{"file", "data", "blob", "about", "javascript"}, scheme):
		return fmt.Sprintf("Origin is %q, and browsers send null for such pages", r.origin), "write Origin: null"
	case scheme != "http" && scheme != "https":
		return "", "" // that of an extension or an app
	}
	u, err := fetch.ParseURL(r.origin, nil)
	switch {
	case err == fetch.ErrURLUnsupported, err == nil && string(u.Origin()) == r.origin:
		return "", ""
	case err != nil:
		return fmt.Sprintf("Origin is %q, which is no origin", r.origin), write
	}
	return fmt.Sprintf("Origin is %q, which is no origin", r.origin), "write Origin: " + string(u.Origin())
}

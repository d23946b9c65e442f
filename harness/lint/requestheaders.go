package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// longestHeader is how long a list of names may be that is judged. Servers take none
// that is longer, and the time to judge one grows with its square.
const longestHeader = 8 << 10

func isLong(headers fetch.HeaderList, name string) bool {
	value, _ := headers.Get(name)
	return len(value) > longestHeader
}

// safelistedNames are listed in a preflight only for unusual values.
var safelistedNames = []string{"accept", "accept-language", "content-language"}

// listedNames returns what a browser lists of Access-Control-Request-Headers.
func listedNames(sent fetch.HeaderList) []string {
	if isLong(sent, "Access-Control-Request-Headers") {
		return nil
	}
	var names []string
	for _, name := range sent.Items("Access-Control-Request-Headers") {
		name = strings.ToLower(name)
		if isToken(name) && !slices.Contains(safelistedNames, name) && !fetch.IsForbiddenRequestHeader(name, "") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isToken reports whether s is a header's name:
// https://httpwg.org/specs/rfc9110.html#tokens.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	})
}

// requestHeaders finds an Access-Control-Request-Headers that no browser writes.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func requestHeaders(_ context.Context, r *request) ([]Problem, error) {
	sent := r.Call.Sent
	if !r.asks || !sent.Contains("Access-Control-Request-Headers") || isLong(sent, "Access-Control-Request-Headers") {
		return nil, nil
	}
	instead := "leave Access-Control-Request-Headers out"
	if len(r.names) > 0 {
		instead = "write Access-Control-Request-Headers: " + strings.Join(r.names, ",")
	}
	var out []Problem
	wrong := func(rule, wrong, anchor, step string) {
		out = append(out, Problem{Rule: rule, Wrong: wrong, Instead: instead, Standard: standard(anchor), Step: step})
	}
	if reasons := formMistakes(sent); len(reasons) > 0 {
		wrong("request-headers-form", "a browser writes Access-Control-Request-Headers once, in lower case, sorted and without blanks; here it "+strings.Join(reasons, ", "), "cors-preflight-fetch-0", "5.1")
	}
	var invalid int
	var forbidden, safelisted []string
	for _, item := range sent.Items("Access-Control-Request-Headers") {
		switch name := strings.ToLower(item); {
		case !isToken(name):
			invalid++
		case fetch.IsForbiddenRequestHeader(name, ""):
			forbidden = append(forbidden, name)
		case slices.Contains(safelistedNames, name):
			safelisted = append(safelisted, name)
		}
	}
	if invalid > 0 {
		wrong("request-headers-name", "Access-Control-Request-Headers has an item that is no header's name", "cors-unsafe-request-header-names", "")
	}
	if len(forbidden) > 0 {
		wrong("request-headers-forbidden", "Access-Control-Request-Headers lists "+list(forbidden)+", which page code cannot set and a browser never lists", "forbidden-request-header", "")
	}
	if len(safelisted) > 0 {
		wrong("request-headers-safelisted", "Access-Control-Request-Headers lists "+list(safelisted)+", which a browser lists only for a value that is not safelisted, such as one of more than 128 bytes", "cors-safelisted-request-header", "")
	}
	return out, nil
}

// formMistakes says how the header is written otherwise than a browser writes it; each
// ends a sentence that begins with "it".
func formMistakes(sent fetch.HeaderList) (reasons []string) {
	lines := sent.Lines("Access-Control-Request-Headers")
	value := strings.Join(lines, ",")
	items := strings.Split(value, ",")
	for i, item := range items {
		items[i] = strings.ToLower(strings.TrimSpace(item))
	}
	if len(lines) > 1 {
		reasons = append(reasons, fmt.Sprintf("is written %d times", len(lines)))
	}
	if strings.TrimSpace(value) == "" {
		return append(reasons, "is empty")
	}
	if value != strings.ToLower(value) {
		reasons = append(reasons, "has upper-case letters")
	}
	if strings.ContainsAny(value, " \t") {
		reasons = append(reasons, "has blanks")
	}
	if slices.Contains(items, "") {
		reasons = append(reasons, "has an empty item")
	}
	if !slices.IsSorted(items) {
		reasons = append(reasons, "is not sorted")
	}
	slices.Sort(items)
	if len(slices.Compact(items)) < strings.Count(value, ",")+1 {
		reasons = append(reasons, "has a name twice")
	}
	return reasons
}

package strict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Suggestion returns the known word that was probably meant, as in ` (did you mean
// "why"?)`, or an empty string.
func Suggestion(word string, known []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s))
	}
	i := slices.IndexFunc(known, func(k string) bool { return plain(k) == plain(word) })
	if i < 0 {
		i = slices.IndexFunc(known, func(k string) bool {
			return word != "" && (strings.HasPrefix(k, word) || strings.HasPrefix(word, k)) || alike(k, word)
		})
	}
	if i < 0 {
		i = slices.IndexFunc(known, func(k string) bool { return len(word) > 4 && strings.Contains(k, word) })
	}
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", known[i])
}

// alike reports whether a and b differ in one place by one letter, more or less
// or other; in longer words by two.
func alike(a, b string) bool {
	if min(len(a), len(b)) < 2 {
		return false // every letter is like another one
	}
	slip := 1
	if len(a) > 4 && len(b) > 4 {
		slip = 2
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= slip && len(b) <= slip
}

// OneOf records a mistake if the value is not in a closed set. An empty string in the set
// means that the value may be left out.
func OneOf[T ~string](d *Decoder, n ast.Node, path string, value T, set []T) {
	if slices.Contains(set, value) {
		return
	}
	var known []string
	for _, v := range set {
		if v != "" {
			known = append(known, string(v))
		}
	}
	d.Fail(n, path, "is %q%s; expected one of %s", value, Suggestion(string(value), known), strings.Join(known, ", "))
}

// Join appends a key to a path.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

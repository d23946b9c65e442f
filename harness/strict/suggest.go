package strict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Suggestion returns the word that was probably meant, worded as in
// ` (did you mean "why"?)`, or nothing.
func Suggestion(word string, known []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s))
	}
	i := slices.IndexFunc(known, func(k string) bool { return plain(k) == plain(word) })
	if i < 0 {
		i = slices.IndexFunc(known, func(k string) bool {
			return word != "" && (strings.HasPrefix(k, word) || strings.HasPrefix(word, k)) || oneEdit(k, word)
		})
	}
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", known[i])
}

// oneEdit reports whether a and b differ by one letter, more or less or other,
// or by two that changed places.
func oneEdit(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// OneOf reports a value that is none of a closed set, in which "" may stand for
// a value that is left out.
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

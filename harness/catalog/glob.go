package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var idCharacters = regexp.MustCompile(`^[a-z0-9/*-]+$`)

// Glob returns an expression for the IDs that a pattern matches: * matches anything
// within a segment, ** anything. A pattern without a star also matches the cases below
// it: cors-check matches cors-check/missing.
func Glob(pattern string) (*regexp.Regexp, error) {
	if !idCharacters.MatchString(pattern) {
		return nil, fmt.Errorf("%q is not a file, a folder or a case ID; an ID looks like cors-check/missing, and * or ** matches a part of it", pattern)
	}
	if !strings.Contains(pattern, "*") {
		return regexp.MustCompile("^" + strings.TrimSuffix(pattern, "/") + "(/.*)?$"), nil
	}
	return glob(pattern), nil
}

// PolicyGlob is Glob for the IDs of derived cases, which contain origins. Without a star
// it matches one case.
func PolicyGlob(pattern string) (*regexp.Regexp, error) {
	if !utf8.ValidString(pattern) {
		return nil, fmt.Errorf("%q is not a case ID: it is not valid UTF-8", pattern)
	}
	return glob(pattern), nil
}

func glob(pattern string) *regexp.Regexp {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*\*`, `.*`)
	return regexp.MustCompile("^" + strings.ReplaceAll(quoted, `\*`, `[^/]*`) + "$")
}

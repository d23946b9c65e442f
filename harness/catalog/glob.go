package catalog

import (
	"fmt"
	"regexp"
	"strings"
)

var idCharacters = regexp.MustCompile(`^[a-z0-9/*-]+$`)

// Glob returns what matches the IDs that a pattern stands for: * is anything
// within a segment, ** is anything. A pattern without a star also stands for the
// cases below it: cors-check for cors-check/missing.
func Glob(pattern string) (*regexp.Regexp, error) {
	if !idCharacters.MatchString(pattern) {
		return nil, fmt.Errorf("%q is no file, no folder and no ID of a case; IDs look like cors-check/missing, * and ** stand for a part of one", pattern)
	}
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\*`, `[^/]*`)
	if !strings.Contains(pattern, "*") {
		quoted = strings.TrimSuffix(quoted, "/") + `(/.*)?`
	}
	return regexp.MustCompile("^" + quoted + "$"), nil
}

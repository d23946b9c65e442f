package adapter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// token is one of https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2, but for the
// characters that gateways have uses of their own for.
var token = regexp.MustCompile("^[!#&'+.^_`|~0-9A-Za-z-]+$")

// Listed adds the names in a list, such as the value of Access-Control-Allow-Methods, to
// all, each once. It skips what is not a name, such as a variable or "*".
func Listed(all []string, list string) []string {
	for name := range strings.FieldsFuncSeq(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		if token.MatchString(name) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Surplus reports whether a name in a list is one more than the policy has, and not one of
// the policy's that is misspelled: such a one has to go for the list to be right.
func Surplus(name string, list policy.Listed) bool {
	return token.MatchString(name) && !slices.ContainsFunc(list.Names, func(t policy.Text) bool { return strings.EqualFold(t.Text, name) })
}

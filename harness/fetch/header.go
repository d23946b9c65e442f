package fetch

import "strings"

// A Header is one header line as it stood on the wire: its name, in the case
// that was sent, and its value without the surrounding whitespace. Bytes are
// mapped one to one to U+0000–U+00FF ([isomorphic decode]), so that any line
// survives JSON.
//
// [isomorphic decode]: https://infra.spec.whatwg.org/#isomorphic-decode
type Header [2]string

// Name returns the header's name as it was sent.
func (h Header) Name() string { return h[0] }

// Value returns the header's value as it was sent.
func (h Header) Value() string { return h[1] }

// A HeaderList is an ordered list of header lines, repeats included:
// https://fetch.spec.whatwg.org/#concept-header-list. The nil list is empty
// and ready to use.
type HeaderList []Header

// Contains reports whether a line is named name, compared
// byte-case-insensitively: https://fetch.spec.whatwg.org/#header-list-contains.
func (l HeaderList) Contains(name string) bool {
	for _, h := range l {
		if byteCaseInsensitiveMatch(h.Name(), name) {
			return true
		}
	}
	return false
}

// Get returns the values of all lines named name, in order, joined by ", ",
// and whether there was one: https://fetch.spec.whatwg.org/#concept-header-list-get.
func (l HeaderList) Get(name string) (value string, ok bool) {
	lines := l.Lines(name)
	return strings.Join(lines, ", "), len(lines) > 0
}

// Items returns the items between the commas of all lines named name, in order, without
// surrounding blanks and without empty items. [ExtractHeaderListValues] checks them
// against the header's grammar.
func (l HeaderList) Items(name string) []string {
	var items []string
	for _, line := range l.Lines(name) {
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.Trim(item, "\t "); item != "" {
				items = append(items, item)
			}
		}
	}
	return items
}

// Lines returns the value of each line named name, in order. Two lines differ from one
// line with a comma; many gateways fail because of that difference.
func (l HeaderList) Lines(name string) []string {
	var values []string
	for _, h := range l {
		if byteCaseInsensitiveMatch(h.Name(), name) {
			values = append(values, h.Value())
		}
	}
	return values
}

// byteCaseInsensitiveMatch is https://infra.spec.whatwg.org/#byte-case-insensitive:
// ASCII letters alone fold, which [strings.EqualFold] does not promise.
func byteCaseInsensitiveMatch(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && byteLower(a[i]) != byteLower(b[i]) {
			return false
		}
	}
	return true
}

func byteLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// holdsNUL reports whether a name or a value holds NUL.
func (l HeaderList) holdsNUL() bool {
	for _, h := range l {
		if strings.IndexByte(h[0], 0) >= 0 || strings.IndexByte(h[1], 0) >= 0 {
			return true
		}
	}
	return false
}

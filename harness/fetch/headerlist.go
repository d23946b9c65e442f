package fetch

import (
	"slices"
	"strings"
)

const (
	httpTabOrSpace = "\t "     // https://fetch.spec.whatwg.org/#http-tab-or-space
	httpWhitespace = "\t\n\r " // https://fetch.spec.whatwg.org/#http-whitespace
)

var (
	tabOrSpace = newByteSet(func(c byte) bool { return strings.IndexByte(httpTabOrSpace, c) >= 0 })
	whitespace = newByteSet(func(c byte) bool { return strings.IndexByte(httpWhitespace, c) >= 0 })
)

// get is https://fetch.spec.whatwg.org/#concept-header-list-get. It does what
// [HeaderList.Get] does, and allocates only to join.
func (l HeaderList) get(name string) (value string, ok bool) {
	// Step 1.
	// Step 2.
	for _, h := range l {
		if !byteCaseInsensitiveMatch(h[0], name) {
			continue
		}
		if !ok {
			value, ok = h[1], true
			continue
		}
		value += ", " + h[1]
	}
	return value, ok
}

// getDecodeAndSplit is
// https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split.
func (l HeaderList) getDecodeAndSplit(name string) (values []string, ok bool) {
	value, ok := l.get(name)
	return decodeAndSplit(value), ok
}

// decodeAndSplit is "get, decode, and split" of a header value:
// https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split.
func decodeAndSplit(value string) []string {
	var values []string
	start := 0
	for i := 0; i <= len(value); {
		switch {
		case i == len(value) || value[i] == ',':
			values = append(values, tabOrSpace.trim(value[start:i]))
			i++
			start = i
		case value[i] == '"':
			i += quotedStringLength(value[i:])
		default:
			i++
		}
	}
	return values
}

// append is https://fetch.spec.whatwg.org/#concept-header-list-append.
func (l *HeaderList) append(name, value string) {
	// Step 1. If list contains name, then set name to the first such header's
	// name.
	name = l.spelled(name)
	// Step 2.
	*l = append(*l, Header{name, value})
}

// spelled returns name as the first header called so spells it.
func (l *HeaderList) spelled(name string) string {
	for _, h := range *l {
		if byteCaseInsensitiveMatch(h[0], name) {
			return h[0]
		}
	}
	return name
}

// delete is https://fetch.spec.whatwg.org/#concept-header-list-delete.
func (l *HeaderList) delete(name string) {
	*l = slices.DeleteFunc(*l, func(h Header) bool { return byteCaseInsensitiveMatch(h[0], name) })
}

// set is https://fetch.spec.whatwg.org/#concept-header-list-set.
func (l *HeaderList) set(name, value string) {
	for i, h := range *l {
		if byteCaseInsensitiveMatch(h[0], name) {
			rest := (*l)[i+1:]
			rest.delete(name)
			*l = (*l)[:i+1+len(rest)]
			(*l)[i][1] = value
			return
		}
	}
	*l = append(*l, Header{name, value})
}

// combine is https://fetch.spec.whatwg.org/#concept-header-list-combine, as
// XMLHttpRequest's setRequestHeader() uses it.
func (l *HeaderList) combine(name, value string) {
	// Step 1.
	for i, h := range *l {
		if byteCaseInsensitiveMatch(h[0], name) {
			(*l)[i][1] = h[1] + ", " + value
			return
		}
	}
	// Step 2.
	*l = append(*l, Header{name, value})
}

// sortAndCombine is
// https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine: what
// page code sees when it iterates over a Headers object.
func (l HeaderList) sortAndCombine() HeaderList {
	names := make([]string, 0, len(l))
	for _, h := range l {
		names = append(names, h[0])
	}
	names = sortedLowercaseSet(names)
	out := make(HeaderList, 0, len(names))
	for _, name := range names {
		if name == "set-cookie" {
			for _, v := range l.Lines(name) {
				out = append(out, Header{name, v})
			}
			continue
		}
		value, _ := l.get(name)
		out = append(out, Header{name, value})
	}
	return out
}

// sortedLowercaseSet is
// https://fetch.spec.whatwg.org/#convert-header-names-to-a-sorted-lowercase-set.
// It reuses names.
func sortedLowercaseSet(names []string) []string {
	for i, n := range names {
		names[i] = lowercaseName(n)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// normalizeValue is https://fetch.spec.whatwg.org/#concept-header-value-normalize.
func normalizeValue(value string) string { return whitespace.trim(value) }

// isHeaderName reports whether name is https://fetch.spec.whatwg.org/#header-name.
func isHeaderName(name string) bool { return isToken(name) }

var notInValue = newByteSet(func(c byte) bool { return c == 0 || c == '\n' || c == '\r' })

// isHeaderValue reports whether value is https://fetch.spec.whatwg.org/#header-value.
func isHeaderValue(value string) bool {
	return tabOrSpace.trim(value) == value && !notInValue.anyIn(value)
}

var notToken = newByteSet(func(c byte) bool {
	return !isAlpha(c) && !isDigit(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0
})

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !notToken.anyIn(s)
}

// nameBuffer holds any header name that this package looks for.
const nameBuffer = 32

// lowercaseInto byte-lowercases name in a buffer, so that it can be compared
// without an allocation. What doesn't fit is cut off, a name that none is looked
// for.
func lowercaseInto(buffer *[nameBuffer]byte, name string) []byte {
	n := min(len(name), nameBuffer)
	for i := range n {
		buffer[i] = byteLower(name[i])
	}
	return buffer[:n]
}

// lowercaseName is [byteLowercase] for header names; it spares the allocation
// for those that most messages have.
func lowercaseName(name string) string {
	var buffer [nameBuffer]byte
	switch string(lowercaseInto(&buffer, name)) {
	case "accept":
		return "accept"
	case "accept-language":
		return "accept-language"
	case "authorization":
		return "authorization"
	case "cache-control":
		return "cache-control"
	case "content-language":
		return "content-language"
	case "content-length":
		return "content-length"
	case "content-type":
		return "content-type"
	case "expires":
		return "expires"
	case "last-modified":
		return "last-modified"
	case "pragma":
		return "pragma"
	case "range":
		return "range"
	}
	return byteLowercase(name)
}

// byteLowercase is https://infra.spec.whatwg.org/#byte-lowercase. It returns s
// itself if there is nothing to do.
func byteLowercase(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				b[j] = byteLower(b[j])
			}
			return string(b)
		}
	}
	return s
}

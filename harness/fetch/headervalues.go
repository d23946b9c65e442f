package fetch

import (
	"slices"
	"strings"
)

// Extracted is the result of extracting header list values: null (the zero
// value), failure, or a list.
type Extracted struct {
	// Null means that the header is missing.
	Null bool
	// Failure means that the value violates the grammar.
	Failure bool
	Values  []string
}

// Contains reports whether value is an item, byte for byte.
func (e Extracted) Contains(value string) bool {
	for _, v := range e.Values {
		if v == value {
			return true
		}
	}
	return false
}

// ContainsName reports whether an item matches name byte-case-insensitively.
func (e Extracted) ContainsName(name string) bool {
	for _, v := range e.Values {
		if byteCaseInsensitiveMatch(v, name) {
			return true
		}
	}
	return false
}

// Wildcard is the item that matches everything, for requests whose credentials mode is
// not include: https://fetch.spec.whatwg.org/#http-new-header-syntax.
const Wildcard = "*"

// ExtractHeaderListValues parses all lines named name, each by the grammar of that
// header. It supports the headers that fetch extracts.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func ExtractHeaderListValues(name string, list HeaderList) Extracted {
	return extractHeaderListValues(name, list, []string{})
}

// extractHeaderListValues is [ExtractHeaderListValues] with the memory that the
// list may take, which is empty.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func extractHeaderListValues(name string, list HeaderList, values []string) Extracted {
	// Step 1.
	first := slices.IndexFunc(list, func(h Header) bool { return byteCaseInsensitiveMatch(h[0], name) })
	if first < 0 {
		return Extracted{Null: true}
	}
	// Step 2. The grammars of Location and Access-Control-Max-Age allow one.
	if !allowsSeveral(name) && list[first+1:].Contains(name) {
		return Extracted{Failure: true}
	}
	// Step 3. The list is values.
	// Step 4.
	for _, h := range list[first:] {
		if !byteCaseInsensitiveMatch(h[0], name) {
			continue
		}
		// Step 4.1.
		extract, ok := extractHeaderValues(name, h[1], values)
		// Step 4.2.
		if !ok {
			return Extracted{Failure: true}
		}
		// Step 4.3.
		values = extract
	}
	// Step 5.
	return Extracted{Values: values}
}

func allowsSeveral(name string) bool {
	return name != "Location" && name != "Access-Control-Max-Age"
}

// extractHeaderValues appends the values of one header line to values; ok is
// false for failure.
//
// https://fetch.spec.whatwg.org/#extract-header-values
func extractHeaderValues(name, value string, values []string) (_ []string, ok bool) {
	// Step 1.
	// Step 2.
	switch name {
	case "Access-Control-Max-Age":
		return append(values, value), isDeltaSeconds(value)
	case "Location":
		// Deviation (erratum location-grammar): by the letter, a value that
		// isn't a URI-reference of RFC 3986 fails here. Every engine hands it to
		// the URL parser as it is: https://github.com/whatwg/fetch/issues/814.
		return append(values, value), true
	}
	// #method and #field-name: tokens in a list of RFC 9110, section 5.6.1,
	// which a recipient parses with empty elements.
	for rest := value; ; {
		item, tail, more := strings.Cut(rest, ",")
		if item = tabOrSpace.trim(item); item != "" {
			if !isToken(item) {
				return nil, false
			}
			values = append(values, item)
		}
		if !more {
			return values, true
		}
		rest = tail
	}
}

// isDeltaSeconds is delta-seconds of RFC 9111, section 1.2.2: digits.
func isDeltaSeconds(value string) bool {
	for i := range len(value) {
		if !isDigit(value[i]) {
			return false
		}
	}
	return value != ""
}

// deltaSeconds converts delta-seconds; what overflows is 2^31, as RFC 9111 says.
func deltaSeconds(value string) int64 {
	const overflow = 1 << 31
	var n int64
	for i := range len(value) {
		if n = n*10 + int64(value[i]-'0'); n > overflow {
			return overflow
		}
	}
	return n
}

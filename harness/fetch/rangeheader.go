package fetch

import (
	"strings"
)

// A rangeBound is a decimal number of any length, without leading zeros.
type rangeBound string

// less compares two numbers.
func (a rangeBound) less(b rangeBound) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// parseSingleRange parses a single range header value. A nil bound is null; ok
// is false for failure.
//
// https://fetch.spec.whatwg.org/#simple-range-header-value
func parseSingleRange(value string, allowWhitespace bool) (start, end *rangeBound, ok bool) {
	// Step 1.
	data := value
	skip := func() {
		if allowWhitespace {
			data = strings.TrimLeft(data, httpTabOrSpace)
		}
	}
	// Step 2.
	// Step 3.
	if data, ok = strings.CutPrefix(data, "bytes"); !ok {
		return nil, nil, false
	}
	// Step 4.
	skip()
	// Step 5.
	// Step 6.
	if data, ok = strings.CutPrefix(data, "="); !ok {
		return nil, nil, false
	}
	// Step 7.
	skip()
	// Step 8.
	// Step 9.
	start, data = collectNumber(data)
	// Step 10.
	skip()
	// Step 11.
	// Step 12.
	if data, ok = strings.CutPrefix(data, "-"); !ok {
		return nil, nil, false
	}
	// Step 13.
	skip()
	// Step 14.
	// Step 15.
	end, data = collectNumber(data)
	// Step 16.
	if data != "" {
		return nil, nil, false
	}
	// Step 17.
	if start == nil && end == nil {
		return nil, nil, false
	}
	// Step 18.
	if start != nil && end != nil && end.less(*start) {
		return nil, nil, false
	}
	// Step 19.
	return start, end, true
}

// collectNumber collects ASCII digits; no digit is null.
func collectNumber(data string) (*rangeBound, string) {
	n := 0
	for n < len(data) && isDigit(data[n]) {
		n++
	}
	if n == 0 {
		return nil, data
	}
	trimmed := rangeBound(strings.TrimLeft(data[:n], "0"))
	return &trimmed, data[n:]
}

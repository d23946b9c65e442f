package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An answer is what was on the wire of the exchange that decided.
type answer struct {
	// x is nil if there is none: it came from a cache.
	x *fetch.Exchange
}

// status is that of the answer that decided; 0 if there is none.
func (a answer) status() int {
	if a.x == nil || a.x.Response == nil {
		return 0
	}
	return a.x.Response.Status
}

// lines are those of a header of the answer that decided.
func (a answer) lines(name string) []string {
	if a.x == nil || a.x.Response == nil {
		return nil
	}
	return a.x.Response.Headers.Lines(name)
}

// value is the header's value, all lines of it.
func (a answer) value(name string) string { return strings.Join(a.lines(name), ", ") }

// preflight reports whether the answer that decided is one to a preflight.
func (a answer) preflight() bool { return a.x != nil && a.x.Request.IsPreflight() }

// silent reports whether no answer came to the request that decided.
func (a answer) silent() bool { return a.x != nil && a.x.Response == nil }

// lists reports whether a header of the answer that decided has an item, byte
// for byte.
func (a answer) lists(header, item string) bool {
	return a.x != nil && a.x.Response != nil && slices.Contains(a.x.Response.Headers.Items(header), item)
}

// listsFolded is lists in any case.
func (a answer) listsFolded(header, item string) bool {
	return a.x != nil && a.x.Response != nil && slices.ContainsFunc(a.x.Response.Headers.Items(header), func(o string) bool {
		return strings.EqualFold(o, item)
	})
}

// asked is the method that a preflight asks for.
func (a answer) asked() string {
	method, _ := a.x.Request.Headers.Get("Access-Control-Request-Method")
	return method
}

// lacked returns the names that a preflight asks for and its answer doesn't list.
func (a answer) lacked() []string {
	return slices.DeleteFunc(a.x.Request.Headers.Items("Access-Control-Request-Headers"), func(name string) bool {
		return a.listsFolded("Access-Control-Allow-Headers", name)
	})
}

// malformed reports whether a header of the answer that decided is no list.
func (a answer) malformed(header string) bool {
	return a.x.Response != nil && fetch.ExtractHeaderListValues(header, a.x.Response.Headers).Failure
}

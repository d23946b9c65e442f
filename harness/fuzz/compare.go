package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// compare is [judge.Compare], and then the other request headers that the
// standard gives a request or takes from it: those that the author set, those
// that the model sends, and those that an HTTP cache validates with. What else an
// engine adds of its own isn't compared.
func compare(model, engine fetch.Trace) []judge.Difference {
	out := judge.Compare(model, engine)
	if slices.ContainsFunc(out, func(d judge.Difference) bool { return d.Field == catalog.FieldExchanges }) {
		return out
	}
	for i := range model.Exchanges {
		sent, seen := model.Exchanges[i].Request.Headers, engine.Exchanges[i].Request.Headers
		names := slices.Clone(conditions)
		expected := slices.Clone(sent)
		if model.Exchanges[i].Kind != fetch.ExchangePreflight {
			expected = append(expected, model.Request.Headers...)
		}
		for _, h := range expected {
			name := strings.ToLower(h.Name())
			if !slices.Contains(names, name) && !comparedBefore(name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			a, hasA := sent.Get(name)
			b, hasB := seen.Get(name)
			if !hasA && engineSetsOwn(name) {
				continue
			}
			if hasA != hasB || !sameValue(name, a, b) {
				out = append(out, judge.Difference{
					Subject: catalog.Subject{Field: catalog.FieldSent, Exchange: i + 1, Header: name}, Model: catalog.Text(value(a, hasA)), Engine: catalog.Text(value(b, hasB)),
				})
			}
		}
	}
	return out
}

// conditions are the headers that an HTTP cache validates with; they are compared
// whoever sends them.
var conditions = []string{"if-none-match", "if-modified-since"}

// sameValue compares the values of all lines of a header. Whether there is a line
// for each field or one for all is the transport's, and so what whitespace is
// left at the end. Of a secret all that is known is that it is there; a Range is
// written anew by HTTP caches.
func sameValue(name, a, b string) bool {
	if name == "range" || strings.Contains(a, "[redacted") || strings.Contains(b, "[redacted") {
		return true
	}
	return strings.TrimRight(a, " \t") == strings.TrimRight(b, " \t")
}

// engineSetsOwn reports whether an engine has a value of its own for a header
// that page code could not set.
func engineSetsOwn(name string) bool {
	return name == "user-agent" || name == "accept-encoding" || name == "accept-language" || strings.HasPrefix(name, "sec-")
}

// comparedBefore reports whether [judge.Compare] sees to the header, or nobody
// does: the transport has its own.
func comparedBefore(name string) bool {
	switch name {
	case "origin", "access-control-request-method", "access-control-request-headers", "cookie",
		"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "referer":
		return true
	}
	return false
}

func value(v string, ok bool) string {
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%q", v)
}

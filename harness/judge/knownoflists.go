package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// lacksHeader reports whether a request header isn't allowed.
func (s *symptom) lacksHeader() bool {
	return s.effect == effectRefused && (s.detail() == fetch.DetailHeaderNotAllowed || s.detail() == fetch.DetailAuthorizationNotListed)
}

// lacksOnly reports whether nothing but these names is lacked anywhere.
func (ss symptomList) lacksOnly(names ...string) bool {
	return !ss.someSymptom(func(s *symptom) bool {
		return s.lacksHeader() && slices.ContainsFunc(s.lacked(), func(name string) bool { return !slices.Contains(names, strings.ToLower(name)) })
	})
}

// asked reports whether more than a preflight went out.
func asked(t fetch.Trace) bool {
	return slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return !x.Request.IsPreflight() })
}

// cachedForAnother reports whether a browser answered the request out of its HTTP
// cache with what was meant for another: the target would have let the page read.
func (fs facts) cachedForAnother(s *symptom) bool {
	return s.cached() || s.effect == effectRefused && s.step > 0 && s.step < len(s.Got) && !s.preflight() && !asked(s.Got[s.step]) && fs.consentsHere(s)
}

// variesWrongly reports whether an answer that names an origin went to another.
// An answer that names none is kept for all because of another mistake: the
// header is sent, and not with every answer.
func (fs facts) variesWrongly() bool {
	return fs.some(func(f *fact) bool {
		return f.probe.Is(catalog.AreaCache) && !f.preflight && f.namesOrigin() && !f.saysWildcard() && !f.varies()
	})
}

func (f *fact) varies() bool {
	return slices.ContainsFunc(f.answer.Items("vary"), func(name string) bool { return strings.EqualFold(name, "Origin") || name == "*" })
}

// lifetime reports whether a preflight was kept for another time than the policy
// says.
func (s *symptom) lifetime() bool {
	if s.effect != effectRequests || s.step >= len(s.Got) || s.step >= len(s.Want) {
		return false
	}
	return slices.EqualFunc(withoutPreflights(s.Want[s.step]), withoutPreflights(s.Got[s.step]), func(a, b fetch.Exchange) bool { return key(&a) == key(&b) })
}

func withoutPreflights(t fetch.Trace) []fetch.Exchange {
	return slices.DeleteFunc(slices.Clone(t.Exchanges), func(x fetch.Exchange) bool { return x.Request.IsPreflight() })
}

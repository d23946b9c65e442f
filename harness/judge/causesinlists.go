package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// lists reports whether a header of the answer that decided has an item, byte
// for byte.
func (s *symptom) lists(header, item string) bool {
	return s.x != nil && s.x.Response != nil && slices.Contains(s.x.Response.Headers.Items(header), item)
}

// listsFolded is lists in any case.
func (s *symptom) listsFolded(header, item string) bool {
	return s.x != nil && s.x.Response != nil && slices.ContainsFunc(s.x.Response.Headers.Items(header), func(o string) bool {
		return strings.EqualFold(o, item)
	})
}

// asked is the method that a preflight asks for.
func (s *symptom) asked() string {
	method, _ := s.x.Request.Headers.Get("Access-Control-Request-Method")
	return method
}

// includes reports whether the request's credentials mode is include.
func (s *symptom) includes() bool {
	return s.Case.Steps[s.step].Request.Credentials == fetch.CredentialsInclude
}

// lacksHeader reports whether a request header isn't allowed.
func (s *symptom) lacksHeader() bool {
	return s.effect == effectRefused && (s.detail() == fetch.DetailHeaderNotAllowed || s.detail() == fetch.DetailAuthorizationNotListed)
}

// lacked returns the names that a preflight asks for and its answer doesn't list.
func (s *symptom) lacked() []string {
	return slices.DeleteFunc(s.x.Request.Headers.Items("Access-Control-Request-Headers"), func(name string) bool {
		return s.listsFolded("Access-Control-Allow-Headers", name)
	})
}

// lacksOnly reports whether nothing but these names is lacked anywhere.
func (d *diagnosis) lacksOnly(names ...string) bool {
	return !d.someSymptom(func(s *symptom) bool {
		return s.lacksHeader() && slices.ContainsFunc(s.lacked(), func(name string) bool { return !slices.Contains(names, strings.ToLower(name)) })
	})
}

// malformed reports whether a header of the answer that decided is no list.
func (s *symptom) malformed(header string) bool {
	return s.x.Response != nil && fetch.ExtractHeaderListValues(header, s.x.Response.Headers).Failure
}

// cached reports whether a browser answered the request out of its HTTP cache
// though it was to ask the target.
func (s *symptom) cached() bool {
	if s.step == 0 || s.step >= len(s.Got) || s.step >= len(s.Want) || s.block != nil && s.preflight() && s.block.Exchange == s.x.ID {
		return false
	}
	return asked(s.Want[s.step]) && !asked(s.Got[s.step])
}

// asked reports whether more than a preflight went out.
func asked(t fetch.Trace) bool {
	return slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return !x.Request.IsPreflight() })
}

// cachedForAnother reports whether a browser answered the request out of its HTTP
// cache with what was meant for another: the target would have let the page read.
func (d *diagnosis) cachedForAnother(s *symptom) bool {
	return s.cached() || s.effect == effectRefused && s.step > 0 && s.step < len(s.Got) && !s.preflight() && !asked(s.Got[s.step]) && d.consentsHere(s)
}

// variesWrongly reports whether an answer that names an origin went to another.
// An answer that names none is kept for all because of another mistake: the
// header is sent, and not with every answer.
func (d *diagnosis) variesWrongly() bool {
	return d.some(func(f *fact) bool {
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

// preflightSays is a header of the case's first preflight.
func (s *symptom) preflightSays(name string) string {
	for _, t := range s.Got {
		for _, x := range t.Exchanges {
			if x.Request.IsPreflight() && x.Response != nil {
				value, _ := x.Response.Headers.Get(name)
				return value
			}
		}
	}
	return ""
}

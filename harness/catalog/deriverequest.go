package catalog

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A form is how a request is made.
type form string

const (
	plain       form = "plain"       // without a preflight, if the policy has such a request
	preflighted form = "preflighted" // with one
)

var forms = []form{plain, preflighted}

// asks makes the requests of cases at the target's origin.
type asks struct{ base fetch.Origin }

// request returns the request of a page at a route, in a form; false if the
// policy has no such request.
func (a asks) request(e *policy.Effective, origin string, f form) (PolicyStep, bool) {
	s := a.get(e, origin)
	if f == preflighted {
		if m := unsafeMethod(e); m != "" {
			s.Request.Method = m
		} else if h := unsafeHeader(e); h != "" {
			s.Request.Headers = append(s.Request.Headers, headerLine(h))
		} else {
			return s, false
		}
	} else if !fetch.IsSafelistedMethod(s.Request.Method) {
		return s, false
	}
	authenticate(e, &s)
	return s, true
}

// attack is request for an origin that must be denied: in either form whatever
// the policy has, and without authentication, so that plain means plain. It is
// without credentials: whoever can read with them can read without, and not the
// other way round, but where only who is signed in is served, see smoke.
func (a asks) attack(e *policy.Effective, origin string, f form) PolicyStep {
	s := a.get(e, origin)
	s.Request.Credentials = fetch.CredentialsOmit
	switch {
	case f == preflighted:
		if s.Request.Method = unsafeMethod(e); s.Request.Method == "" {
			s.Request.Method = "PUT"
		}
	case !fetch.IsSafelistedMethod(s.Request.Method):
		s.Request.Method = "GET"
	}
	return s
}

// attackWithHeader is the preflighted attack whose method is listed or needs no listing,
// and whose header is listed: a preflight that is refused for its method tells nothing of
// who may ask. false if the policy lists no such header.
func (a asks) attackWithHeader(e *policy.Effective, origin string) (PolicyStep, bool) {
	s := a.attack(e, origin, plain)
	if listed(e.Methods, "POST") {
		s.Request.Method = "POST"
	}
	h := unsafeHeader(e)
	if h == "" {
		return s, false
	}
	s.Request.Headers = append(slices.Clone(s.Request.Headers), headerLine(h))
	return s, true
}

// get returns the simplest request that the policy has.
func (a asks) get(e *policy.Effective, origin string) PolicyStep {
	r := Request{Origin: origin, Method: plainMethod(e), URL: string(a.base) + e.Path}
	if e.Query != "" {
		r.URL += "?" + e.Query
	}
	if e.Credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	return PolicyStep{Request: r}
}

// plainMethod returns GET if the route serves it, else the next best.
func plainMethod(e *policy.Effective) string {
	if len(e.Methods.Names) == 0 || e.Methods.Any != nil {
		return "GET"
	}
	for _, m := range []string{"GET", "POST", "HEAD"} {
		if listed(e.Methods, m) {
			return m
		}
	}
	return e.Methods.Names[0].Text
}

// unsafeMethod returns a method of the policy's that needs a preflight.
func unsafeMethod(e *policy.Effective) string {
	for _, m := range e.Methods.Names {
		if needsPreflight(m.Text) {
			return m.Text
		}
	}
	if e.Methods.Any != nil {
		return "PUT"
	}
	return ""
}

// needsPreflight reports whether a page can send the method, after a preflight.
func needsPreflight(method string) bool {
	return !fetch.IsSafelistedMethod(fetch.NormalizeMethod(method)) && !fetch.IsForbiddenMethod(method)
}

// unsafeHeader returns a request header of the policy's that needs a preflight.
func unsafeHeader(e *policy.Effective) string {
	for _, h := range e.Headers.Names {
		if line := headerLine(h.Text); settable(line) {
			return h.Text
		}
	}
	if e.Headers.Any != nil {
		return "x-corsproof"
	}
	return ""
}

// settable reports whether page code can set a header, after a preflight.
func settable(line HeaderLine) bool {
	h := line.Header()
	return !fetch.IsForbiddenRequestHeader(h.Name(), h.Value()) && !fetch.IsSafelistedRequestHeader(h.Name(), h.Value())
}

// headerLine gives a request header a value with which it needs a preflight.
func headerLine(name string) HeaderLine {
	switch strings.ToLower(name) {
	case "content-type":
		return HeaderLine(name + ": application/json")
	case "authorization":
		return HeaderLine(name + ": Bearer corsproof")
	case "if-match": // of whatever there is
		return HeaderLine(name + ": *")
	case "range":
		return HeaderLine(name + ": bytes=0-0,2-3")
	case "accept", "accept-language", "content-language":
		return HeaderLine(name + ": " + strings.Repeat("en,", 43)) // 129 bytes
	}
	return HeaderLine(name + ": corsproof")
}

func listed(l policy.Listed, method string) bool {
	return slices.ContainsFunc(l.Names, func(t policy.Text) bool { return t.Text == method })
}

// authenticate gives a request what its route needs, if pages may send it.
func authenticate(e *policy.Effective, s *PolicyStep) {
	if e.Auth == nil {
		return
	}
	name, value := "", SecretPlaceholder
	switch {
	case e.Auth.Bearer != nil:
		name, value = "Authorization", "Bearer "+SecretPlaceholder
	case e.Auth.APIKey != nil:
		name = e.Auth.APIKey.Header.Text
	}
	if name != "" && !e.AllowsHeader(name) || name == "" && !e.Credentials {
		return // the lint says so
	}
	s.Auth = e.Auth
	if name != "" {
		s.Request.Headers = slices.DeleteFunc(slices.Clone(s.Request.Headers), func(l HeaderLine) bool {
			return strings.EqualFold(l.Header().Name(), name)
		})
		s.Request.Headers = append(s.Request.Headers, HeaderLine(name+": "+value))
	}
}

// needsCookie reports whether requests without a cookie are nobody's: a request whose
// credentials mode keeps cookies back has no answer to speak of.
func needsCookie(e *policy.Effective) bool { return e.Auth != nil && e.Auth.Cookie != nil }

// asker returns an origin that may read at a route and that a browser can be at;
// false if there is none.
func asker(e *policy.Effective) (string, bool) {
	for _, o := range allowedOrigins(e) {
		if _, err := fetch.ParseOrigin(o.origin); err == nil {
			return o.origin, true
		}
	}
	return "", false
}

// An allowedOrigin is an origin that may read, with the entry that allows it.
type allowedOrigin struct {
	origin string
	entry  *policy.Entry
}

// anybody is the origin that stands for every origin.
const anybody = "https://anybody.corsproof.test"

// allowedOrigins returns the origins that may read, wildcards by their examples.
func allowedOrigins(e *policy.Effective) []allowedOrigin {
	var out []allowedOrigin
	if e.None != nil {
		return nil
	}
	for _, g := range e.Groups {
		for i := range g.Allow {
			entry := &g.Allow[i]
			stands := []string{entry.Origin.Text}
			switch {
			case entry.Origin.Text == policy.Any:
				stands = []string{anybody}
			case len(entry.Examples) > 0:
				stands = nil
				for _, x := range entry.Examples {
					stands = append(stands, x.Text)
				}
			}
			for _, o := range stands {
				if e.Origin(o).Allowed {
					out = append(out, allowedOrigin{o, entry})
				}
			}
		}
	}
	return out
}

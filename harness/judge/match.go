package judge

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// matched is an origin that a target lets read on a route: whoever visits it, or who
// has a cookie of the target's, which may be treated otherwise.
type matched struct {
	route  *policy.Effective
	origin string
	cookie bool
}

// matched is the symptom's origin on its route; on another spelling of a path it
// is the route that the path is another spelling of.
func (s *symptom) matched() matched {
	return matched{cmp.Or(s.spelled, s.route), s.origin(), s.x != nil && s.x.Request.Headers.Contains("Cookie")}
}

// matched is the same of an answer.
func (f *fact) matched() matched { return matched{f.route, f.origin, f.cookie} }

// A matcher is a way to compare origins, with what it would let read.
type matcher struct {
	id FindingID
	// cookie: it is about requests with a cookie alone.
	cookie  bool
	accepts func(m matched) bool
}

// on is the matcher on one route.
func (m matcher) on(route *policy.Effective) matcher {
	return matcher{m.id, m.cookie, func(t matched) bool { return t.route == route && m.accepts(t) }}
}

// withCookie is the matcher for requests with a cookie alone.
func (m matcher) withCookie() matcher {
	return matcher{m.id, true, func(t matched) bool { return t.cookie && m.accepts(t) }}
}

// The score of a comparison for an origin that it is right or wrong about. A comparison
// that explains exactly the origins that could read wins over one that explains more but
// is wrong about some.
const (
	pointsRight = 2
	pointsWrong = -3
)

// comparisons are how a target seems to compare origins.
type comparisons struct {
	// matchers are the ways, by the origin and route that were let read.
	matchers map[matched]FindingID
	// beyond are those that no comparison is behind: they stand in the target's config.
	beyond map[matched]bool
}

// match finds out how the target compares origins: of all denied origins that
// were tried it knows which ones could read, and looks for the comparison that
// tells the same ones apart. What no comparison explains goes by the attack.
func (d *diagnosis) match() comparisons {
	taken, tried := d.taken()
	named := d.named()
	isNamed := func(t matched) bool { return named[t] }
	stale := slices.DeleteFunc(slices.Clone(taken), func(t matched) bool { return !isNamed(t) })
	taken, tried = slices.DeleteFunc(taken, isNamed), slices.DeleteFunc(tried, isNamed)
	out := map[matched]FindingID{}
	plainest := map[*policy.Effective]FindingID{}
	matchers := matchersFor(d.view)
	for _, m := range slices.Clone(matchers) {
		matchers = append(matchers, m.withCookie())
	}
	for len(taken) > 0 {
		best, score := matcher{}, 0
		for _, m := range matchers {
			// On a route alone, too: each may have its own list.
			points, total := map[*policy.Effective]int{}, 0
			for _, t := range tried {
				p := pointsWrong
				switch {
				case !m.accepts(t), out[t] != "":
					continue
				case slices.Contains(taken, t):
					p = pointsRight
				case t.cookie && !m.cookie:
					p = 0 // it may be the credentials that are refused, and not the origin
				}
				points[t.route], total = points[t.route]+p, total+p
			}
			if total > score {
				best, score = m, total
			}
			for _, e := range d.view.Routes {
				if points[e] > score {
					best, score = m.on(e), points[e]
				}
			}
		}
		if score == 0 {
			break
		}
		taken = slices.DeleteFunc(taken, func(t matched) bool {
			if !best.accepts(t) {
				return false
			}
			out[t] = best.id
			if plainest[t.route] == "" {
				plainest[t.route] = best.id
			}
			return true
		})
		stale = slices.DeleteFunc(stale, func(t matched) bool {
			if best.accepts(t) {
				out[t] = best.id
			}
			return best.accepts(t)
		})
	}
	for _, t := range taken {
		id := d.byAttack(t)
		if beside := plainest[t.route]; beside != "" && id == OriginBeyond && d.someSymptom(func(s *symptom) bool {
			return s.matched() == t && s.probes(catalog.AreaOrigin, catalog.MatchesMore)
		}) {
			id = beside // the same expression lets more through
		}
		if id != "" {
			out[t] = id
		}
	}
	beyond := map[matched]bool{}
	for _, t := range stale {
		if id := d.byAttack(t); id == DevOriginInProd || id == SharedHost {
			out[t] = id // which says more of it
			continue
		}
		beyond[t] = true
	}
	return comparisons{out, beyond}
}

// named returns the denied origins that the target's config names as they are: to
// explain them it takes no comparison.
func (ss symptomList) named() map[matched]bool {
	out := map[matched]bool{}
	for _, s := range ss {
		if s.probes(catalog.AreaOrigin, catalog.Named) {
			out[s.matched()] = true
		}
	}
	return out
}

// taken returns the denied origins that the target let read by itself, and all
// that were tried, in the order of the cases.
func (d *diagnosis) taken() (taken, tried []matched) {
	read := map[matched]bool{}
	for _, s := range d.symptomList {
		if s.effect == effectAllowed && !d.wildcard(s) && !s.passedOn() && s.x != nil {
			read[s.matched()] = true
		}
	}
	seen := map[matched]bool{}
	for i := range d.facts {
		f := &d.facts[i]
		m := f.matched()
		if f.route == nil || f.allowed || f.origin == "" || seen[m] || f.route.None != nil {
			continue
		}
		seen[m] = true
		tried = append(tried, m)
		if read[m] || f.noted && f.consents && !f.saysWildcard() {
			taken = append(taken, m)
		}
	}
	return taken, tried
}

// related are the causes that no comparison is behind, by what the origin that was
// taken is to those that are allowed.
var related = map[catalog.Relation]FindingID{
	catalog.RelationNull: NullOriginAllowed, catalog.RelationPrefix: PrefixMatch, catalog.RelationSuffix: SuffixMatch,
	catalog.RelationSubdomain: AnySubdomain, catalog.RelationSubstring: SubstringMatch, catalog.RelationDot: UnescapedDot,
	catalog.RelationScheme: HTTPSchemeTrusted, catalog.RelationPort: PortIgnored, catalog.RelationCase: OriginCaseFolded,
	catalog.RelationCharacter: SpecialCharacters, catalog.RelationLocal: DevOriginInProd, catalog.RelationShared: SharedHost,
	catalog.RelationWildcard: WildcardDepth, catalog.RelationMatched: OriginBeyond, catalog.RelationAnybody: OriginReflectedAny,
}

// byAttack names the cause by the attack with which the origin was tried.
func (ss symptomList) byAttack(m matched) FindingID {
	for _, s := range ss {
		if s.effect != effectAllowed || s.matched() != m {
			continue
		}
		if id := related[s.Case.Probe.Relation]; id != "" {
			return id
		}
	}
	return ""
}

// matchersFor returns the ways to compare origins with those that the policy
// allows, the plainest first: for all of them, and for each alone.
func matchersFor(view *policy.View) []matcher {
	out := []matcher{
		{id: OriginReflectedAny, accepts: func(matched) bool { return true }},
		{id: NullOriginAllowed, accepts: func(m matched) bool { return m.origin == policy.Null }},
		{id: NullOriginAllowed, accepts: func(m matched) bool { return strings.HasSuffix(m.origin, policy.Null) }},
		{id: DevOriginInProd, accepts: expression(`^https?://(localhost|127\.0\.0\.1)(:\d+)?$`)},
		{id: DevOriginInProd, accepts: expression(`^https?://localhost(:\d+)?$`)},
		{id: DevOriginInProd, accepts: expression(`^https?://localhost`)},
		{id: SharedHost, accepts: expression(`\.(github\.io|vercel\.app)$`)},
	}
	all := allowedBy(view)
	for _, kind := range matcherKinds {
		accept := func(origins []allowedOn) func(m matched) bool {
			type rule struct {
				on  map[*policy.Effective]bool
				may func(string) bool
			}
			var rules []rule
			for _, o := range origins {
				if may := kind.of(o.origin); may != nil {
					rules = append(rules, rule{o.on, may})
				}
			}
			return func(m matched) bool {
				return slices.ContainsFunc(rules, func(r rule) bool { return r.on[m.route] && r.may(m.origin) })
			}
		}
		out = append(out, matcher{id: kind.id, accepts: accept(all)})
		if len(all) > 1 {
			for i := range all {
				out = append(out, matcher{id: kind.id, accepts: accept(all[i : i+1])})
			}
		}
	}
	out = append(out, matcher{id: CrossProduct, accepts: mixedLabels(all)})
	for _, first := range all {
		for _, last := range all {
			if first.origin != last.origin {
				for _, end := range []string{last.origin, withoutScheme(last.origin)} {
					out = append(out, matcher{id: CrossProduct, accepts: func(m matched) bool {
						return first.on[m.route] && strings.HasPrefix(m.origin, first.origin) ||
							last.on[m.route] && strings.HasSuffix(m.origin, end)
					}})
				}
			}
		}
	}
	return out
}

// mixedLabels accepts origins each of whose labels stands in the same place in some
// allowed origin: what alternations side by side match, as in (app|shop)\.(com|org).
func mixedLabels(all []allowedOn) func(matched) bool {
	parts := func(origin string) []string {
		scheme, host, _ := strings.Cut(origin, "://")
		return append([]string{scheme}, strings.Split(host, ".")...)
	}
	return func(m matched) bool {
		labels := parts(m.origin)
		for i, label := range labels {
			if !slices.ContainsFunc(all, func(o allowedOn) bool {
				of := parts(o.origin)
				return o.on[m.route] && len(of) == len(labels) && of[i] == label
			}) {
				return false
			}
		}
		return true
	}
}

// An allowedOn is an origin, or a pattern, that the policy allows, and where.
type allowedOn struct {
	origin string
	on     map[*policy.Effective]bool
}

func allowedBy(view *policy.View) []allowedOn {
	var out []allowedOn
	for _, e := range view.Routes {
		for _, g := range e.Groups {
			for i := range g.Allow {
				texts := []policy.Text{g.Allow[i].Origin}
				texts = append(texts, g.Allow[i].Examples...)
				for _, t := range texts {
					if !strings.Contains(t.Text, "://") {
						continue
					}
					at := slices.IndexFunc(out, func(o allowedOn) bool { return o.origin == t.Text })
					if at < 0 {
						out, at = append(out, allowedOn{t.Text, map[*policy.Effective]bool{}}), len(out)
					}
					out[at].on[e] = true
				}
			}
		}
	}
	return out
}

// A matcherKind makes a comparison of an allowed origin; nil if it has none.
type matcherKind struct {
	id FindingID
	of func(allowed string) func(origin string) bool
}

var matcherKinds = []matcherKind{
	{OriginCaseFolded, func(a string) func(string) bool {
		same := pattern(`^` + wildcards(a, `[a-z0-9-]+`) + `$`)
		return func(o string) bool { small := strings.ToLower(o); return o != small && same(small) }
	}},
	{PortIgnored, func(a string) func(string) bool { return pattern(`^` + regexp.QuoteMeta(withoutPort(a)) + `(:\d+)?$`) }},
	{HTTPSchemeTrusted, func(a string) func(string) bool {
		return pattern(`^http://` + regexp.QuoteMeta(withoutScheme(a)) + `$`)
	}},
	{HTTPSchemeTrusted, func(a string) func(string) bool {
		return pattern(`^[a-z]+://` + regexp.QuoteMeta(withoutScheme(a)) + `$`)
	}},
	{UnescapedDot, func(a string) func(string) bool { return pattern(`^` + a + `$`) }},
	{SpecialCharacters, func(a string) func(string) bool { return pattern(`^` + regexp.QuoteMeta(a) + `[^A-Za-z0-9.:/-]`) }},
	{SpecialCharacters, func(a string) func(string) bool { return pattern(`^` + regexp.QuoteMeta(a) + `[^A-Za-z0-9.-]`) }},
	{PrefixMatch, func(a string) func(string) bool { return func(o string) bool { return strings.HasPrefix(o, a) } }},
	{PrefixMatch, func(a string) func(string) bool { return pattern(`^` + a) }},
	{SuffixMatch, func(a string) func(string) bool {
		return func(o string) bool { return strings.HasSuffix(o, withoutScheme(a)) }
	}},
	{SuffixMatch, func(a string) func(string) bool { return func(o string) bool { return strings.HasSuffix(o, a) } }},
	{SuffixMatch, func(a string) func(string) bool {
		return func(o string) bool { domain := domainOf(a); return domain != "" && strings.HasSuffix(o, domain) }
	}},
	{SubstringMatch, func(a string) func(string) bool {
		return func(o string) bool { return strings.Contains(o, withoutScheme(a)) }
	}},
	{SubstringMatch, func(a string) func(string) bool { return func(o string) bool { return strings.Contains(o, a) } }},
	{SubstringMatch, func(a string) func(string) bool {
		return func(o string) bool { domain := domainOf(a); return domain != "" && strings.Contains(o, domain) }
	}},
	{UnanchoredRegex, func(a string) func(string) bool { return pattern(withoutScheme(a)) }},
	{UnanchoredRegex, func(a string) func(string) bool { return pattern(a) }},
	{UnanchoredRegex, func(a string) func(string) bool { return pattern(withoutScheme(a) + `$`) }},
	{UnanchoredRegex, func(a string) func(string) bool { return pattern(a + `$`) }},
	{AnySubdomain, func(a string) func(string) bool {
		return subdomains(`https://`, `*`, withoutPort(withoutScheme(a)), anyPort)
	}},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https://`, `*`, domainOf(a), anyPort) }},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https?://`, `*`, domainOf(a), anyPort) }},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https://`, `+`, domainOf(a), ``) }},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https://`, `*`, domainOf(a), ``) }},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https://`, `+`, domainOf(a), anyPort) }},
	{AnySubdomain, func(a string) func(string) bool { return subdomains(`https?://`, `+`, domainOf(a), ``) }},
	{WildcardDepth, func(a string) func(string) bool {
		if !strings.Contains(a, policy.Any) {
			return nil
		}
		return pattern(`^` + wildcards(a, `[a-z0-9.-]+`) + `$`)
	}},
	{WildcardDepth, anything(`$`)},
	{PrefixMatch, anything(``)},
}

// anything matches a pattern whose wildcards stand for any text, and what may follow.
func anything(end string) func(allowed string) func(origin string) bool {
	return func(a string) func(string) bool {
		if !strings.Contains(a, policy.Any) {
			return nil
		}
		return pattern(`^` + wildcards(a, `.*`) + end)
	}
}

// wildcards is an origin as an expression, with another one for its wildcards.
func wildcards(origin, of string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(origin), `\*`, of)
}

// anyPort is an expression for a port, or none.
const anyPort = `(:\d+)?`

// subdomains matches names below a domain, with so many labels before it.
func subdomains(scheme, labels, domain, port string) func(string) bool {
	if domain == "" {
		return nil
	}
	return pattern(`^` + scheme + `([a-z0-9-]+\.)` + labels + regexp.QuoteMeta(domain) + port + `$`)
}

// pattern is an expression of an allowed origin, which is no expression if the
// origin is a pattern of the policy's; then it stands for any part of a name.
func pattern(text string) func(string) bool {
	if strings.Contains(text, `://*`) || strings.Contains(text, `-*`) {
		text = strings.ReplaceAll(text, `*`, `[a-z0-9-]+`)
	}
	e, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return e.MatchString
}

func expression(text string) func(matched) bool {
	e := regexp.MustCompile(text)
	return func(m matched) bool { return e.MatchString(m.origin) }
}

func withoutScheme(origin string) string {
	_, rest, _ := strings.Cut(origin, "://")
	return rest
}

func withoutPort(origin string) string {
	if i := strings.LastIndexByte(origin, ':'); i > strings.LastIndexByte(origin, '/') {
		return origin[:i]
	}
	return origin
}

// domainOf returns the registrable domain of an origin, empty if it has none.
func domainOf(origin string) string {
	u, err := fetch.ParseURL(strings.ReplaceAll(origin, policy.Any, "x"), nil)
	if err != nil {
		return ""
	}
	domain, _ := policy.RegistrableDomain(u.Host)
	return domain
}

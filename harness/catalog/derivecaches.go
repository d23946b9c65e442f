package catalog

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// cacheCases are the cases of several requests: for one URL out of caches, along
// redirects, one after another.
func cacheCases(in *input) (out cases) {
	for _, f := range facets(in.view) {
		origin, ok := asker(f.route)
		if !ok {
			continue
		}
		p := place{f.name, f.route, origin}
		out = append(out, cachedCases(in, p)...)
		out = append(out, redirectCases(in, p)...)
		out = append(out, steadyCases(in, p)...)
		out = append(out, layerCases(in, p)...)
	}
	return out
}

// sharedCache is the top-level site that puts all pages into one cache, as they
// are in a cache between browsers and target.
const sharedCache = "https://shared-cache.corsproof.test"

// cacheable is an answer that every cache may keep.
func cacheable(headers ...HeaderLine) []UpstreamAnswer {
	u := DefaultAnswer
	u.Headers = append([]HeaderLine{"Content-Type: text/plain", "Cache-Control: public, max-age=600"}, headers...)
	return []UpstreamAnswer{u}
}

// cachedCases ask by GET, which needs no listing and which alone is cached.
// picture is an image that every cache may keep. It has to be one: browsers keep other
// content back from what isn't CORS, https://fetch.spec.whatwg.org/#orb-check.
func picture() []UpstreamAnswer {
	u := cacheable()
	u[0].Headers[0], u[0].Body = "Content-Type: image/png", "\x89PNG\r\n\x1a\n"
	return u
}

func cachedCases(in *input, p place) (out cases) {
	get := func(s PolicyStep) PolicyStep {
		if s.Request.Method != "GET" { // which the target need not serve
			s.Request.Method, s.OnlyIf = "GET", []int{200}
		}
		return s
	}
	ask := func(origin string) PolicyStep {
		s := get(in.get(p.route, origin))
		authenticate(p.route, &s)
		s.Upstream = cacheable()
		return s
	}
	rule := p.route.Origin(p.origin).Because
	var images []PolicyStep
	if a := p.route.Auth; a == nil || a.Cookie != nil { // an image has no other authentication
		image := get(in.get(p.route, p.origin))
		image.Request.Mode, image.Upstream = fetch.ModeNoCORS, picture()
		images = append(images, image)
		out.add(p.route, p.caseAt(Probe{Area: AreaCache, Variation: ImageFirst}, nil, rule, "what a page showed as an image, it couldn't fetch afterwards", image, ask(p.origin)))
	}

	language := func(tag string) PolicyStep {
		s := ask(p.origin)
		s.Request.Headers = append(s.Request.Headers, HeaderLine("Accept-Language: "+tag))
		s.Upstream = cacheable("Vary: Accept-Language")
		return s
	}
	out.add(p.route, p.caseAt(Probe{Area: AreaCache, Variation: VaryKept}, nil, rule, "a page got what was meant for another language: the application's Vary was lost", language("de"), language("en")))

	if !p.route.Origin(in.evil).Allowed {
		denied := get(in.attack(p.route, in.evil, plain))
		denied.Upstream = cacheable()
		inOrder := append(images, denied, ask(p.origin))
		if other, ok := otherAsker(p); ok {
			inOrder = append(inOrder, ask(other))
		}
		out.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: InOrder}, nil, rule, "a cache kept for all what was meant for one", inOrder...), sharedCache))
		out.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: DeniedFirst}, nil, rule, "a cache kept for all what was meant for an origin that is denied", denied, ask(p.origin)), sharedCache))
	}
	if other, ok := otherAsker(p); ok {
		site := sharedCache
		if s, same := sameSite(p.origin, other); same {
			site = s
		}
		out.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: OtherFirst}, nil, p.route.Origin(other).Because, "a cache kept for all what was meant for one origin", ask(p.origin), ask(other)), site))
	}
	return out
}

// shared puts a case's pages into one cache. If that isn't the cache of a site
// that they share, no browser has it.
func shared(c PolicyCase, site string) PolicyCase {
	c.Page.Site = site
	if site == sharedCache {
		c.Drivers = []Driver{DriverModel}
	}
	return c
}

// otherAsker returns a second origin that may read, one of the first's site if
// there is one.
func otherAsker(p place) (string, bool) {
	var others []string
	for _, o := range allowedOrigins(p.route) {
		if _, err := fetch.ParseOrigin(o.origin); err == nil && o.origin != p.origin {
			others = append(others, o.origin)
		}
	}
	if len(others) == 0 {
		return "", false
	}
	i := slices.IndexFunc(others, func(o string) bool { _, same := sameSite(p.origin, o); return same })
	return others[max(i, 0)], true
}

// sameSite returns the site that two origins have in common.
func sameSite(a, b string) (site string, same bool) {
	siteOf := func(origin string) string {
		scheme, rest, ok := strings.Cut(origin, "://")
		domain, has := policy.RegistrableDomain(strings.Split(rest, ":")[0])
		if !ok || !has {
			return ""
		}
		return scheme + "://" + domain
	}
	return siteOf(a), siteOf(a) != "" && siteOf(a) == siteOf(b)
}

func redirectCases(in *input, p place) (out cases) {
	to := func(s PolicyStep, status int, location string) PolicyStep {
		u := UpstreamAnswer{Status: status, Headers: []HeaderLine{HeaderLine("Location: " + location), "Cache-Control: no-store"}}
		s.Upstream = []UpstreamAnswer{u, DefaultAnswer}
		return s
	}
	rule := p.route.Origin(p.origin).Because
	own := p.route.Path + hop
	s := in.with(p, func(*Request) {})
	out.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: OwnRedirect}, nil, rule, "pages couldn't follow a redirect within the route", to(s, 302, own)))
	if s, ok := in.request(p.route, p.origin, preflighted); ok {
		out.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: OwnRedirectPreflighted}, nil, rule, "pages couldn't follow a redirect within the route", to(s, 307, own)))
	}
	if !needsCookie(p.route) {
		away := in.with(p, func(r *Request) { r.Credentials = fetch.CredentialsOmit })
		out.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: ToElsewhere}, nil, rule, "pages couldn't follow a redirect to another origin", to(away, 302, string(Elsewhere)+"/"+hop)))
	}
	if !p.route.Origin(in.evil).Allowed {
		denied := in.attack(p.route, in.evil, plain)
		denied.Request.Credentials = fetch.CredentialsOmit
		out.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: Denied}, nil, p.route.Origin(in.evil).Because,
			"an origin that the policy doesn't allow could follow a redirect", to(denied, 302, string(Elsewhere)+"/"+hop)))
	}
	return out
}

// rounds is how often each decision is repeated.
const rounds = 5

// steadyCases are decisions that are repeated, interleaved: each has to come out as
// the first time.
func steadyCases(in *input, p place) (out cases) {
	other, ok := otherAsker(p)
	if !ok {
		other = p.origin
	}
	var steps []PolicyStep
	for range rounds {
		for _, origin := range []string{p.origin, in.evil, other} {
			if !p.route.Origin(origin).Allowed {
				steps = append(steps, in.attack(p.route, origin, plain))
				continue
			}
			s := in.get(p.route, origin)
			authenticate(p.route, &s)
			steps = append(steps, s)
		}
	}
	rule := p.route.Origin(p.origin).Because
	out.add(p.route, p.caseAt(Probe{Area: AreaSteady, Variation: Interleaved}, nil, rule, "the same request got different answers", steps...))
	odd, after := in.get(p.route, "https://"+evilHost+", "+p.origin), in.get(p.route, p.origin)
	authenticate(p.route, &odd)
	authenticate(p.route, &after)
	out.add(p.route, p.caseAt(Probe{Area: AreaSteady, Variation: AfterOddOrigin}, nil, rule, "one odd request kept others from reading", odd, after))
	return out
}

// layerCases are cases in which the upstream consents by itself: the gateway's word
// is the one that counts.
func layerCases(in *input, p place) (out cases) {
	consents := func(s PolicyStep, origin string) PolicyStep {
		u := DefaultAnswer
		u.Headers = append(slices.Clone(u.Headers), HeaderLine("Access-Control-Allow-Origin: "+origin))
		if p.route.Credentials {
			u.Headers = append(u.Headers, "Access-Control-Allow-Credentials: true")
		}
		s.Upstream = []UpstreamAnswer{u}
		return s
	}
	add := func(c PolicyCase) {
		c.Supposed = !p.route.UpstreamCORS
		out.add(p.route, c)
	}
	rule := p.route.Origin(p.origin).Because
	add(p.caseAt(Probe{Area: AreaLayer, Variation: BothConsent}, nil, rule, "pages couldn't read once the application consents too",
		consents(in.with(p, func(*Request) {}), p.origin)))
	if !p.route.Origin(in.evil).Allowed {
		add(p.caseAt(Probe{Area: AreaLayer, Variation: UpstreamConsents}, nil, p.route.Origin(in.evil).Because,
			"an origin that the policy doesn't allow could read because the application consents", consents(in.attack(p.route, in.evil, plain), in.evil)))
	}
	return out
}

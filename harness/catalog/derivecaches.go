package catalog

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// caches are the cases of several requests: for one URL out of caches, along
// redirects, one after another.
func (d *deriver) caches() {
	for _, f := range d.facets() {
		origin, ok := asker(f.route)
		if !ok {
			continue
		}
		p := place{f.name, f.route, origin}
		d.cached(p)
		d.redirects(p)
		d.steady(p)
		d.layers(p)
	}
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

func (d *deriver) cached(p place) {
	if plainMethod(p.route) != "GET" {
		return // nothing else is cached
	}
	ask := func(origin string) PolicyStep {
		s := d.get(p.route, origin)
		d.authenticate(p.route, &s)
		s.Upstream = cacheable()
		return s
	}
	rule := p.route.Origin(p.origin).Because
	var images []PolicyStep
	if a := p.route.Auth; a == nil || a.Cookie != nil { // an image has no other authentication
		image := d.get(p.route, p.origin)
		image.Request.Mode, image.Upstream = fetch.ModeNoCORS, cacheable()
		images = append(images, image)
		d.add(p.route, p.caseAt(Probe{Area: AreaCache, Variation: ImageFirst}, nil, rule, "what a page showed as an image, it couldn't fetch afterwards", image, ask(p.origin)))
	}

	language := func(tag string) PolicyStep {
		s := ask(p.origin)
		s.Request.Headers = append(s.Request.Headers, HeaderLine("Accept-Language: "+tag))
		s.Upstream = cacheable("Vary: Accept-Language")
		return s
	}
	d.add(p.route, p.caseAt(Probe{Area: AreaCache, Variation: VaryKept}, nil, rule, "a page got what was meant for another language: the application's Vary was lost", language("de"), language("en")))

	if !p.route.Origin(d.evil).Allowed {
		denied := d.attack(p.route, d.evil, plain)
		denied.Upstream = cacheable()
		inOrder := append(images, denied, ask(p.origin))
		if other, ok := otherAsker(p); ok {
			inOrder = append(inOrder, ask(other))
		}
		d.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: InOrder}, nil, rule, "a cache kept for all what was meant for one", inOrder...), sharedCache))
		d.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: DeniedFirst}, nil, rule, "a cache kept for all what was meant for an origin that is denied", denied, ask(p.origin)), sharedCache))
	}
	if other, ok := otherAsker(p); ok {
		site := sharedCache
		if s, same := sameSite(p.origin, other); same {
			site = s
		}
		d.add(p.route, shared(p.caseAt(Probe{Area: AreaCache, Variation: OtherFirst}, nil, p.route.Origin(other).Because, "a cache kept for all what was meant for one origin", ask(p.origin), ask(other)), site))
	}
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

func (d *deriver) redirects(p place) {
	to := func(s PolicyStep, status int, location string) PolicyStep {
		u := UpstreamAnswer{Status: status, Headers: []HeaderLine{HeaderLine("Location: " + location), "Cache-Control: no-store"}}
		s.Upstream = []UpstreamAnswer{u, DefaultAnswer}
		return s
	}
	rule := p.route.Origin(p.origin).Because
	own := p.route.Path + hop
	s := d.with(p, func(*Request) {})
	d.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: OwnRedirect}, nil, rule, "pages couldn't follow a redirect within the route", to(s, 302, own)))
	if s, ok := d.request(p.route, p.origin, preflighted); ok {
		d.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: OwnRedirectPreflighted}, nil, rule, "pages couldn't follow a redirect within the route", to(s, 307, own)))
	}
	if !needsCookie(p.route) {
		away := d.with(p, func(r *Request) { r.Credentials = fetch.CredentialsOmit })
		d.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: ToElsewhere}, nil, rule, "pages couldn't follow a redirect to another origin", to(away, 302, string(Elsewhere)+"/"+hop)))
	}
	if !p.route.Origin(d.evil).Allowed {
		denied := d.attack(p.route, d.evil, plain)
		denied.Request.Credentials = fetch.CredentialsOmit
		d.add(p.route, p.caseAt(Probe{Area: AreaRedirect, Variation: Denied}, nil, p.route.Origin(d.evil).Because,
			"an origin that the policy doesn't allow could follow a redirect", to(denied, 302, string(Elsewhere)+"/"+hop)))
	}
}

// rounds is how often each decision is repeated.
const rounds = 5

// steady are decisions that are repeated, interleaved: each has to come out as
// the first time.
func (d *deriver) steady(p place) {
	other, ok := otherAsker(p)
	if !ok {
		other = p.origin
	}
	var steps []PolicyStep
	for range rounds {
		for _, origin := range []string{p.origin, d.evil, other} {
			if !p.route.Origin(origin).Allowed {
				steps = append(steps, d.attack(p.route, origin, plain))
				continue
			}
			s := d.get(p.route, origin)
			d.authenticate(p.route, &s)
			steps = append(steps, s)
		}
	}
	rule := p.route.Origin(p.origin).Because
	d.add(p.route, p.caseAt(Probe{Area: AreaSteady, Variation: Interleaved}, nil, rule, "the same request got different answers", steps...))
	odd, after := d.get(p.route, "https://"+evilHost+", "+p.origin), d.get(p.route, p.origin)
	d.authenticate(p.route, &odd)
	d.authenticate(p.route, &after)
	d.add(p.route, p.caseAt(Probe{Area: AreaSteady, Variation: AfterOddOrigin}, nil, rule, "one odd request kept others from reading", odd, after))
}

// layers are cases in which the upstream consents by itself: the gateway's word
// is the one that counts.
func (d *deriver) layers(p place) {
	consents := func(s PolicyStep, origin string) PolicyStep {
		u := DefaultAnswer
		u.Headers = append(slices.Clone(u.Headers), HeaderLine("Access-Control-Allow-Origin: "+origin))
		if p.route.Credentials {
			u.Headers = append(u.Headers, "Access-Control-Allow-Credentials: true")
		}
		s.Upstream = []UpstreamAnswer{u}
		return s
	}
	rule := p.route.Origin(p.origin).Because
	d.add(p.route, p.caseAt(Probe{Area: AreaLayer, Variation: BothConsent}, nil, rule, "pages couldn't read once the application consents too",
		consents(d.with(p, func(*Request) {}), p.origin)))
	if !p.route.Origin(d.evil).Allowed {
		d.add(p.route, p.caseAt(Probe{Area: AreaLayer, Variation: UpstreamConsents}, nil, p.route.Origin(d.evil).Because,
			"an origin that the policy doesn't allow could read because the application consents", consents(d.attack(p.route, d.evil, plain), d.evil)))
	}
}

package fuzz

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A temper is how the servers of a case answer.
type temper int

const (
	// temperRight: they consent to what is asked.
	temperRight temper = iota
	// temperNear: they mean to, and slip somewhere.
	temperNear
	// temperHostile: they answer anything.
	temperHostile
)

var tempers = choice[temper]{{58, temperRight}, {27, temperNear}, {15, temperHostile}}

// The page origins. Opaque ones need a page of their own kind.
var pages = choice[string]{{83, catalog.DefaultPage}, {12, "http://app.test"}, {5, string(fetch.OpaqueOrigin)}}

// sameSitePage is the registrable domain that the page shares with one server.
const sameSitePage = "app.test"

var stepCounts = choice[int]{{78, 1}, {12, 2}, {10, 3}}

// A generator makes one case.
type generator struct {
	*rand.Rand
	page   string
	temper temper
	steps  int
	// aboutPreflights: the sequence asks one URL for what needs preflights, and
	// mostly gets it.
	aboutPreflights bool
	// follows: the request being made follows redirects.
	follows bool
	// aboutCaches: the sequence asks one URL of which a response is stored.
	aboutCaches bool
	// stored is the URL of that response, and story what becomes of it.
	stored string
	story  story
	// status is what the next final answer has to have, if not 0.
	status int
}

// Generate returns case number index of a seed. A case depends only on seed and index. It
// has no expectation, its clock does not move, and it leaves only entries in the two
// caches behind.
func Generate(seed uint64, index int) catalog.Case {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(index)))}
	g.page, g.temper, g.steps = pick(g.Rand, pages), pick(g.Rand, tempers), pick(g.Rand, stepCounts)
	if g.page == string(fetch.OpaqueOrigin) {
		g.steps = 1 // each document of the page is of another opaque origin
	}
	if g.aboutPreflights = g.steps > 1 && chance(g.Rand, 55); g.aboutPreflights && chance(g.Rand, 70) {
		g.temper = temperRight
	}
	if g.aboutCaches = g.steps > 1 && !g.aboutPreflights && chance(g.Rand, 80); g.aboutCaches {
		g.steps, g.story = 3, pick(g.Rand, stories)
	}
	c := catalog.Case{
		ID:  fmt.Sprintf("fuzz/seed-%d-case-%d", seed, index),
		Why: "generated: what the model says is not what the engine did",
		// The model can't know what is registrable; in a browser app.test is.
		Page: catalog.Page{Registrable: []string{sameSitePage}},
	}
	if g.page != catalog.DefaultPage {
		c.Page.Origin = g.page
	}
	steps := []catalog.Step{g.step()}
	for len(steps) < g.steps {
		steps = append(steps, g.again(steps))
	}
	if len(steps) == 1 {
		c.Step = steps[0]
	} else {
		c.Steps = steps
	}
	return c
}

// step makes a request and its servers.
func (g *generator) step() catalog.Step {
	request := g.request()
	if g.aboutPreflights {
		g.needPreflight(&request)
	}
	if g.aboutCaches {
		request = catalog.Request{URL: g.page + pick(g.Rand, paths), Credentials: request.Credentials}
		if chance(g.Rand, 50) {
			request.URL = oneOf(g.Rand, "https://api.test/a", "https://www.app.test/b")
		}
		g.stored = withFragment(request.URL, "")
	}
	return catalog.Step{Request: request, Server: g.server(request)}
}

// needPreflight makes a request one that a preflight asks for, as far as the
// page may ask its URL at all.
func (g *generator) needPreflight(r *catalog.Request) {
	r.Mode, r.Integrity, r.Body = "", "", nil
	r.URL = oneOf(g.Rand, "https://api.test", "https://cdn.test", "https://www.app.test") + pick(g.Rand, paths)
	if chance(g.Rand, 50) {
		r.Method = pick(g.Rand, unsafeMethods)
	} else {
		name, value := customHeader(g)
		r.Headers = append(r.Headers, catalog.HeaderLine(name+": "+value))
	}
}

// again makes the next request of a sequence: much the same as an earlier one,
// so that what a cache holds matters.
func (g *generator) again(steps []catalog.Step) catalog.Step {
	s := steps[g.IntN(len(steps))]
	s.Request.Headers = slices.Clone(s.Request.Headers)
	if g.aboutCaches && chance(g.Rand, 70) {
		return g.aroundStored(steps)
	}
	if last := steps[len(steps)-1].Request; len(steps) > 1 && chance(g.Rand, 40) {
		// What was asked for one by one, at once.
		s.Request.Headers = append(s.Request.Headers, last.Headers...)
	}
	for range g.IntN(3) {
		g.change(&s.Request)
	}
	if chance(g.Rand, 70) {
		s.Server = g.server(s.Request)
	}
	return s
}

// change changes one thing of a request that a cache entry could hang on. It
// stays within what the API takes.
func (g *generator) change(r *catalog.Request) {
	isXHR := r.API == fetch.APIXHR
	switch g.IntN(6) {
	case 0:
		r.Method = pick(g.Rand, unsafeMethods)
		if g.aboutCaches {
			r.Method = pick(g.Rand, cachedMethods)
		}
	case 1:
		r.Headers = append(r.Headers, g.header(nil))
	case 2:
		if len(r.Headers) > 0 {
			r.Headers[g.IntN(len(r.Headers))] = g.header(nil)
		}
	case 3:
		r.Credentials = oneOf(g.Rand, fetch.CredentialsInclude, fetch.CredentialsSameOrigin, fetch.CredentialsMode(""))
	case 4:
		if !isXHR {
			r.Cache = pick(g.Rand, cacheModes)
		}
	case 5:
		r.URL = withFragment(r.URL, oneOf(g.Rand, "", "f", "g"))
	}
	if noBody(r.Method) && !isXHR {
		r.Body = nil
	}
}

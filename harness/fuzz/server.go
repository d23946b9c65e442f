package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

var (
	redirectCounts = choice[int]{{610, 0}, {250, 1}, {85, 2}, {45, 3}, {4, 20}, {6, 21}}
	redirectCodes  = choice[int]{{5, 301}, {8, 302}, {5, 303}, {6, 307}, {4, 308}}
	// finalCodes has none that a user agent answers by itself: 401 with a
	// challenge, 407, 408.
	finalCodes = choice[int]{
		{70, 200}, {4, 204}, {3, 201}, {2, 205}, {2, 206}, {1, 299}, {1, 300}, {2, 304}, {2, 400}, {1, 401}, {2, 403}, {4, 404}, {1, 405},
		{1, 410}, {1, 416}, {3, 500}, {1, 503}, {1, 599},
	}
	preflightCodes = choice[int]{{20, 204}, {14, 200}, {1, 201}, {1, 299}}
	// refusedCodes are no ok status, or are none for a preflight.
	refusedCodes = []int{300, 302, 304, 307, 400, 401, 403, 404, 405, 500, 503}
)

// A hop is one request of a chain as its server sees it.
type hop struct {
	request *catalog.Request
	url     *fetch.URL
	// origin is what the Origin header says, if there is one.
	origin string
	final  bool
}

// server makes what the servers answer along the whole chain.
func (g *generator) server(r catalog.Request) []catalog.Answer {
	url, err := fetch.ParseURL(r.URL, nil)
	if err != nil {
		return nil
	}
	redirects := pick(g.Rand, redirectCounts)
	if (g.aboutPreflights || g.aboutCaches) && chance(g.Rand, 75) {
		redirects = 0
	}
	if r.Mode == fetch.ModeNoCORS && redirects == 0 && chance(g.Rand, 40) {
		redirects = 1
	}
	if r.Keepalive && chance(g.Rand, 15) {
		redirects = 19 + g.IntN(3)
	}
	g.follows = r.Redirect == "" || r.Redirect == fetch.RedirectFollow
	var answers []catalog.Answer
	origin := g.page
	for n := 0; url.IsHTTP(); n++ {
		h := hop{request: &r, url: url, origin: origin, final: n == redirects}
		to := withFragment(url.String(), "")
		if g.mayPreflight(&r) {
			answers = append(answers, g.preflightAnswer(h, "OPTIONS "+to))
		}
		answer := g.answer(h, to)
		if h.final {
			return append(answers, answer)
		}
		location := g.location(url, redirects, n)
		if location != "-" {
			answer.Headers = append(answer.Headers, catalog.HeaderLine("Location: "+location))
			if chance(g.Rand, 1) {
				answer.Headers = append(answer.Headers, catalog.HeaderLine("Location: "+location))
			}
		}
		answers = append(answers, answer)
		next, err := fetch.ParseURL(location, url)
		if location == "-" || err != nil {
			return answers
		}
		if !fetch.SameOrigin(next.Origin(), url.Origin()) && string(url.Origin()) != g.page {
			origin = string(fetch.OpaqueOrigin)
		}
		url = next
	}
	return answers
}

// mayPreflight reports whether OPTIONS gets an answer of its own. Without one it
// gets that of the request, which happens too.
func (g *generator) mayPreflight(r *catalog.Request) bool {
	asks := r.UploadListener || !fetch.IsSafelistedMethod(fetch.NormalizeMethod("GET"+r.Method)) || len(r.Headers) > 0 || r.Body != nil
	return asks && r.Mode != fetch.ModeNoCORS && r.Mode != fetch.ModeSameOrigin && chance(g.Rand, 96)
}

// oddLocations are no URL, none that is followed, or outside of what the model
// can tell. "-" is none at all. Forms of an origin's own path that
// [catalog.Case.Place] doesn't move aren't among them.
var oddLocations = choice[string]{
	{6, "-"}, {2, ""}, {2, "https://"}, {2, "//"}, {2, "https://a<b/"}, {2, "https://api.test:99999/b"}, {2, "https://api.test:25/b"},
	{3, "data:text/plain,hello"}, {2, "ftp://api.test/b"}, {1, "about:blank"}, {1, "mailto:a@b"}, {1, "javascript:1"}, {1, "blob:https://app.test/none"},
	{1, "ws://api.test/b"}, {1, "https://b\u00fccher.test/"}, {1, "/b\u00e9"}, {1, "https:b"},
}

// location makes the value of Location for hop n of so many redirects.
func (g *generator) location(current *fetch.URL, redirects, n int) string {
	if !g.follows && chance(g.Rand, 40) {
		return oneOf(g.Rand, "-", "-", "", "https://", "data:,a", "mailto:a@b", "https://u@api.test/b", "https://u:p@cdn.test/b")
	}
	if redirects < 19 && chance(g.Rand, 6) {
		return pick(g.Rand, oddLocations)
	}
	path := fmt.Sprintf("/r%d", n+1)
	if redirects >= 19 {
		if n == 0 && chance(g.Rand, 50) {
			return g.origin() + path
		}
		return path
	}
	if chance(g.Rand, 6) {
		path += oneOf(g.Rand, "?q=2", "#g", "?q#g", "/../x y", "#")
	}
	target := string(current.Origin())
	switch {
	case chance(g.Rand, 35):
		return oneOf(g.Rand, path, path, strings.TrimPrefix(path, "/"), "?r="+fmt.Sprint(n))
	case chance(g.Rand, 18) && g.page != string(fetch.OpaqueOrigin):
		target = g.page
	case chance(g.Rand, 65):
		target = g.origin()
	}
	scheme, host, _ := strings.Cut(target, "://")
	switch {
	case chance(g.Rand, 5):
		return scheme + "://" + oneOf(g.Rand, "u:p@", "u@", ":p@", "@", ":@") + host + path
	case chance(g.Rand, 8) && scheme == current.Scheme:
		return "//" + host + path
	}
	return target + path
}

// answer makes what a server says to the request itself.
func (g *generator) answer(h hop, to string) catalog.Answer {
	a := catalog.Answer{To: to, Status: pick(g.Rand, redirectCodes)}
	if h.final {
		a.Status = pick(g.Rand, finalCodes)
		if g.story == anyStory && g.aboutCaches && chance(g.Rand, 35) {
			a.Status = oneOf(g.Rand, 203, 206, 304, 304, 400, 403, 404, 405, 500, 503)
		}
		if g.status != 0 {
			a.Status = g.status
		}
		if g.steps > 1 && (a.Status == 401 || a.Status == 416) {
			// After a 416 Chromium reads what is stored, and then the answer; a 401
			// makes what is stored void.
			a.Status = 404
		}
		a.Headers = g.responseHeaders()
		if !fetch.IsNullBodyStatus(a.Status) {
			a.Body = responseBody
		}
	}
	a.Headers = append(a.Headers, g.caching(a.Status, h.final)...)
	a.Headers = append(a.Headers, g.sharing(h)...)
	if h.final && chance(g.Rand, 45) {
		a.Headers = append(a.Headers, g.line("Access-Control-Expose-Headers", pick(g.Rand, exposes)))
		if chance(g.Rand, 5) {
			a.Headers = append(a.Headers, g.line("Access-Control-Expose-Headers", pick(g.Rand, exposes)))
		}
	}
	if h.final && g.stored != "" && !noBody(h.request.Method) && chance(g.Rand, 50) {
		a.Headers = append(a.Headers, catalog.HeaderLine("Location: "+g.stored))
	}
	if h.request.Mode == fetch.ModeNoCORS && chance(g.Rand, 30) {
		a.Headers = append(a.Headers, g.line("Cross-Origin-Resource-Policy", pick(g.Rand, resourcePolicies)))
	}
	return a
}

var resourcePolicies = choice[string]{
	{4, "same-origin"}, {4, "same-site"}, {4, "cross-origin"}, {1, "Same-Origin"}, {1, "same-origin, same-site"}, {1, ""}, {1, "none"},
}

// responseHeaders are what page code may read, or not.
func (g *generator) responseHeaders() []catalog.HeaderLine {
	lines := []catalog.HeaderLine{catalog.HeaderLine("Content-Type: " + oneOf(g.Rand, "text/plain", "application/json"))}
	for _, line := range []catalog.HeaderLine{
		"X-One: 1", "x-two: 2", "X-Two: 3", "Content-Language: en", "Pragma: x", "X-Empty:", "X-Odd: \u00e9\u00ff\t\u0001", "Set-Cookie2: a=b", "Server: x",
	} {
		if chance(g.Rand, 22) {
			lines = append(lines, line)
		}
	}
	return lines
}

// caching says how long an answer may be kept. Where that is left to the user
// agent and a later request could meet it, it is said: not at all. Chromium keeps
// a 304 that nobody asked for.
func (g *generator) caching(status int, final bool) []catalog.HeaderLine {
	if !final && (status == 301 || status == 308) {
		return []catalog.HeaderLine{"Cache-Control: no-store"} // a redirect to itself meets what is kept of it
	}
	if g.steps == 1 {
		return nil
	}
	if !final || slices.Contains([]int{300, 304, 410}, status) {
		return []catalog.HeaderLine{"Cache-Control: no-store"}
	}
	if g.aboutCaches {
		return g.lifetime()
	}
	return pick(g.Rand, lifetimes)
}

// lifetimes are how long answers may be kept, lifetimesToMeet those in a sequence
// about what is kept.
var (
	lifetimes = choice[[]catalog.HeaderLine]{
		{60, nil}, {12, []catalog.HeaderLine{"Cache-Control: no-store"}}, {10, []catalog.HeaderLine{"Cache-Control: max-age=600"}},
		{5, []catalog.HeaderLine{"Cache-Control: max-age=600", "Vary: Origin"}}, {4, []catalog.HeaderLine{"Cache-Control: no-cache", `ETag: "x"`}},
		{3, []catalog.HeaderLine{"Cache-Control: max-age=600", "Vary: X-A"}},
	}
	lifetimesToMeet = choice[[]catalog.HeaderLine]{
		{50, []catalog.HeaderLine{"Cache-Control: max-age=600"}}, {30, nil}, {12, []catalog.HeaderLine{"Cache-Control: max-age=600", "Vary: X-A"}},
		{8, []catalog.HeaderLine{"Cache-Control: no-store"}}, {30, []catalog.HeaderLine{"Cache-Control: no-cache", `ETag: "x"`}},
		{2, []catalog.HeaderLine{"Cache-Control: max-age=600", "Vary: Origin"}},
	}
)

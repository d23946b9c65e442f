package fuzz

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// The headers of the CORS protocol in responses: right for what is asked,
// nearly right, or anything.

// line writes a header, now and then with its name in another case or with
// whitespace around the value, neither of which changes it.
func (g *generator) line(name, value string) catalog.HeaderLine {
	switch g.IntN(16) {
	case 0:
		return catalog.HeaderLine(anyCase(g.Rand, name) + ": " + value)
	case 1:
		return catalog.HeaderLine(name + ":" + oneOf(g.Rand, "", "  ", "\t") + value + oneOf(g.Rand, "", " ", "\t "))
	}
	return catalog.HeaderLine(name + ": " + value)
}

// lines writes what values, one line each.
func (g *generator) lines(name string, values []string) []catalog.HeaderLine {
	var out []catalog.HeaderLine
	for _, v := range values {
		out = append(out, g.line(name, v))
	}
	return out
}

// slips reports whether the server gets this header wrong.
func (g *generator) slips() bool {
	return g.temper == temperNear && chance(g.Rand, 16) || g.temper == temperHostile && chance(g.Rand, 55)
}

// sharing makes the two headers that the CORS check reads.
func (g *generator) sharing(h hop) []catalog.HeaderLine {
	include := h.request.Credentials == fetch.CredentialsInclude
	allow := []string{h.origin}
	if !include && chance(g.Rand, 35) {
		allow = []string{fetch.Wildcard}
	}
	if g.slips() {
		allow = g.wrongOrigins(h)
	}
	var credentials []string
	if include || chance(g.Rand, 15) {
		credentials = []string{"true"}
	}
	if include && g.slips() {
		credentials = pick(g.Rand, wrongCredentials)
	}
	return append(g.lines("Access-Control-Allow-Origin", allow), g.lines("Access-Control-Allow-Credentials", credentials)...)
}

var wrongCredentials = choice[[]string]{
	{3, nil}, {2, []string{"True"}}, {1, []string{"TRUE"}}, {1, []string{"false"}}, {1, []string{"true", "true"}}, {1, []string{"true, true"}},
	{1, []string{""}}, {1, []string{"true,"}}, {1, []string{"1"}}, {1, []string{`"true"`}}, {1, []string{"*"}}, {1, []string{"true\u00a0"}},
	{1, []string{"true;"}},
}

// wrongOrigins are Access-Control-Allow-Origin lines that look like consent;
// a few of them are.
func (g *generator) wrongOrigins(h hop) []string {
	o := h.origin
	if chance(g.Rand, 40) {
		return oneOf(g.Rand, nil, nil, []string{fetch.Wildcard}, []string{fetch.Wildcard}, []string{"https://other.test"}, []string{"null"}, []string{g.page})
	}
	return oneOf(g.Rand,
		[]string{""}, []string{"null"}, []string{"Null"}, []string{"NULL"},
		[]string{o + "/"}, []string{strings.ToUpper(o)}, []string{strings.Replace(o, "https", "HTTPS", 1)}, []string{o, o}, []string{o + ", " + o},
		[]string{o + "," + o}, []string{o, "*"}, []string{"*", "*"}, []string{"*, *"}, []string{"", o}, []string{o, ""}, []string{o + ","},
		[]string{o + ":443"}, []string{o + ":80"}, []string{strings.TrimPrefix(o, "https://")}, []string{o + " https://other.test"},
		[]string{"https://other.test"}, []string{"http://app.test"}, []string{"https://app.test"}, []string{"https://app.test.other.test"},
		[]string{"https://*.test"}, []string{`"` + o + `"`}, []string{o + ";"}, []string{"<" + o + ">"}, []string{o + oddByte(g.Rand)},
		[]string{oddByte(g.Rand) + o}, []string{o[:len(o)-1]}, []string{o + "."}, []string{o + "#f"}, []string{o + "/a"}, []string{"**"},
		[]string{"* *"}, []string{"true"}, []string{string(h.url.Origin())}, []string{"https://u@app.test"}, []string{"https://app.test:0443"},
	)
}

// preflightAnswer makes what a server says to a preflight.
func (g *generator) preflightAnswer(h hop, to string) catalog.Answer {
	a := catalog.Answer{To: to, Status: pick(g.Rand, preflightCodes)}
	if g.slips() {
		a.Status = oneOf(g.Rand, refusedCodes...)
		if fetch.IsRedirectStatus(a.Status) && fetch.NormalizeMethod(h.request.Method) != "OPTIONS" {
			a.Headers = append(a.Headers, "Location: /p")
		}
	}
	a.Headers = append(a.Headers, g.sharing(h)...)
	a.Headers = append(a.Headers, g.allowMethods(h)...)
	a.Headers = append(a.Headers, g.allowHeaders(h)...)
	if chance(g.Rand, 40) || g.steps > 1 && chance(g.Rand, 40) {
		a.Headers = append(a.Headers, g.lines("Access-Control-Max-Age", pick(g.Rand, maxAges))...)
	}
	if len(a.Headers) > 1 && chance(g.Rand, 10) {
		slices.Reverse(a.Headers)
	}
	return a
}

// maxAges has no time that could pass while a case runs.
var maxAges = choice[[]string]{
	{20, []string{"600"}}, {3, []string{"0"}}, {3, []string{"86400"}}, {2, []string{"-1"}}, {1, []string{"-600"}}, {1, []string{"600, 600"}},
	{1, []string{"600", "600"}}, {1, []string{"600", "0"}}, {1, []string{"1.5"}}, {1, []string{"+5"}}, {1, []string{""}}, {1, []string{"abc"}},
	{1, []string{"600;x"}}, {1, []string{"00600"}}, {1, []string{"99999999999999999999"}}, {1, []string{"-99999999999999999999"}}, {1, []string{"- 5"}},
	{1, []string{"-0"}}, {1, []string{"6 00"}}, {1, []string{`"600"`}}, {1, []string{"0x10"}}, {1, []string{"600\u00a0"}}, {1, []string{"000"}},
}

// allowMethods makes Access-Control-Allow-Methods.
func (g *generator) allowMethods(h hop) []catalog.HeaderLine {
	method := fetch.NormalizeMethod(h.request.Method)
	if method == "" {
		method = "GET"
	}
	const name = "Access-Control-Allow-Methods"
	if h.request.UploadListener && chance(g.Rand, 20) {
		return nil // of a forced preflight that will do
	}
	if g.slips() {
		if chance(g.Rand, 30) {
			return g.lines(name, oneOf(g.Rand, []string{strings.ToLower(method)}, []string{strings.ToUpper(method)}, []string{fetch.Wildcard}, []string{fetch.Wildcard}))
		}
		return g.lines(name, g.wrongList(method, "PUT", "DELETE", "put", "patch", "PATCH"))
	}
	if h.request.UploadListener && chance(g.Rand, 30) {
		return nil // for a forced preflight the method counts as listed
	}
	if fetch.IsSafelistedMethod(method) && chance(g.Rand, 50) {
		return g.lines(name, oneOf(g.Rand, nil, nil, []string{""}, []string{"DELETE"}))
	}
	wildcard := fetch.Wildcard
	if h.request.Credentials == fetch.CredentialsInclude {
		wildcard = method
	}
	return g.lines(name, oneOf(g.Rand, []string{method}, []string{method}, []string{"GET, " + method}, []string{method + ",DELETE"}, []string{wildcard},
		[]string{"GET", method}, []string{", " + method + " ,,"}, []string{method + ", " + method}, []string{"*, " + method}))
}

// allowHeaders makes Access-Control-Allow-Headers.
func (g *generator) allowHeaders(h hop) []catalog.HeaderLine {
	var names []string
	for _, line := range h.request.Headers {
		if name := line.Header().Name(); !slices.Contains(names, name) && name != "" && !strings.ContainsAny(name, " ()\u00e9") {
			names = append(names, name)
		}
	}
	if h.request.Body != nil && !slices.Contains(names, "Content-Type") {
		names = append(names, "content-type")
	}
	const name = "Access-Control-Allow-Headers"
	all := strings.Join(names, ", ")
	if g.slips() {
		one := "x-a"
		if len(names) > 0 {
			one = oneOf(g.Rand, names...)
		}
		return g.lines(name, g.wrongList(one, all, "x-a", "Authorization", "content-type", "X-B"))
	}
	if len(names) == 0 {
		return g.lines(name, oneOf(g.Rand, nil, nil, nil, []string{""}, []string{"X-A"}, []string{"*"}))
	}
	wildcard := fetch.Wildcard
	if h.request.Credentials == fetch.CredentialsInclude {
		wildcard = all
	}
	return g.lines(name, oneOf(g.Rand, []string{all}, []string{all}, names, []string{strings.ToUpper(all)}, []string{strings.ToLower(all)},
		[]string{wildcard}, []string{"X-Other," + all}, []string{" ,," + all + ","}, []string{"*, " + all}))
}

// wrongList makes lines of a list that lacks what is right, has it in another
// form, or isn't a list. A few of them will do.
func (g *generator) wrongList(right string, others ...string) []string {
	other := oneOf(g.Rand, others...)
	return oneOf(g.Rand,
		nil, nil, []string{""}, []string{fetch.Wildcard}, []string{fetch.Wildcard}, []string{other}, []string{other}, []string{strings.ToLower(right)},
		[]string{strings.ToUpper(right)}, []string{right + " " + other}, []string{right + "; " + other}, []string{`"` + right + `"`}, []string{right + ", a b"},
		[]string{right + ", (x)"}, []string{right, "a b"}, []string{"a b", right}, []string{right + oddByte(g.Rand)}, []string{right, oddByte(g.Rand)},
		[]string{right + "\u00e9"}, []string{right + ":"}, []string{","}, []string{other, right}, []string{"*" + right}, []string{"**"}, []string{"*, *"},
		[]string{right + "," + oddByte(g.Rand)}, []string{right[:len(right)-1]}, []string{right + right}, []string{"@, " + right}, []string{"*", "x y"},
	)
}

var exposes = choice[string]{
	{6, "X-One"}, {5, "*"}, {4, "x-one, X-Two"}, {2, "X-TWO"}, {1, ""}, {1, "X One"}, {1, "X-One; X-Two"}, {1, `"X-One"`}, {2, "Set-Cookie2, X-One"},
	{1, ",X-One,,"}, {1, "*, X-One"}, {1, "X-One, (x)"}, {1, "x-odd,x-empty"}, {1, "X-None"}, {1, "server"}, {1, "x-one\u00e9"}, {1, "null"},
}

package fuzz

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// The methods: safelisted, normalized in odd case, those that aren't, and what
// is refused.
var methods = choice[string]{
	{30, ""}, {4, "GET"}, {16, "POST"}, {14, "PUT"}, {7, "DELETE"}, {5, "PATCH"}, {4, "HEAD"}, {3, "OPTIONS"},
	{1, "get"}, {2, "pOsT"}, {2, "put"}, {1, "Delete"}, {1, "head"}, {1, "options"},
	{4, "patch"}, {1, "Patch"}, {1, "FOO"}, {1, "foo"}, {1, "M-SEARCH"}, {1, "QUERY"}, {1, "*"}, {1, "!#$%&'*+-.^_`|~0"},
}

// refusedMethods are forbidden, or no methods.
var refusedMethods = []string{"CONNECT", "TRACE", "TRACK", "trace", "Track", "A B", "GET ", "A:", "PUT\t", "\u00e9"}

// unsafeMethods are what a preflight asks for.
var unsafeMethods = choice[string]{{6, "PUT"}, {3, "DELETE"}, {2, "PATCH"}, {1, "patch"}, {1, "FOO"}, {1, "*"}, {2, "POST"}, {2, ""}}

// cachedMethods are what a stored response to GET may answer, or what makes it
// void.
var cachedMethods = choice[string]{{4, ""}, {2, "HEAD"}, {2, "POST"}, {4, "PUT"}, {3, "DELETE"}, {1, "PATCH"}, {1, "FOO"}}

var (
	modes = choice[fetch.Mode]{
		{160, ""}, {10, fetch.ModeCORS}, {26, fetch.ModeNoCORS}, {9, fetch.ModeSameOrigin}, {1, fetch.ModeNavigate},
	}
	credentialsModes = choice[fetch.CredentialsMode]{
		{34, ""}, {40, fetch.CredentialsInclude}, {16, fetch.CredentialsOmit}, {10, fetch.CredentialsSameOrigin},
	}
	cacheModes = choice[fetch.CacheMode]{
		{86, ""}, {2, fetch.CacheDefault}, {3, fetch.CacheNoStore}, {3, fetch.CacheReload}, {3, fetch.CacheNoCache},
		{2, fetch.CacheForceCache}, {1, fetch.CacheOnlyIfCached},
	}
	redirectModes    = choice[fetch.RedirectMode]{{88, ""}, {2, fetch.RedirectFollow}, {5, fetch.RedirectError}, {5, fetch.RedirectManual}}
	referrerPolicies = []string{
		"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
		"strict-origin-when-cross-origin", "unsafe-url",
	}
	// bodyKinds has no stream: see body.
	bodyKinds   = choice[fetch.BodyKind]{{50, ""}, {10, fetch.BodyText}, {12, fetch.BodyBytes}, {14, fetch.BodyBlob}, {10, fetch.BodyURLSearchParams}}
	headerCount = choice[int]{{36, 0}, {32, 1}, {17, 2}, {9, 3}, {4, 4}, {2, 9}}
)

// responseBody is what every final answer says, so that integrity metadata can
// be right.
const responseBody = "an answer"

// overKeepalive is a body one byte above the limit for keepalive. The limit
// itself isn't tried: it is for all such bodies in flight, those of other cases
// included.
const overKeepalive = 64<<10 + 1

// request makes what the page's code asks for.
func (g *generator) request() catalog.Request {
	r := catalog.Request{URL: g.requestURL(), Method: pick(g.Rand, methods)}
	if chance(g.Rand, 1) {
		r.Method = oneOf(g.Rand, refusedMethods...)
	}
	for range pick(g.Rand, headerCount) {
		r.Headers = append(r.Headers, g.header(r.Headers))
	}
	r.Credentials = pick(g.Rand, credentialsModes)
	if chance(g.Rand, 15) {
		r.API = fetch.APIXHR
		if r.Credentials == fetch.CredentialsOmit {
			r.Credentials = ""
		}
		r.UploadListener = chance(g.Rand, 30)
		if chance(g.Rand, 5) {
			r.URL = strings.Replace(r.URL, "://", "://"+oneOf(g.Rand, "u:p@", "u@"), 1)
		}
		if !noBody(r.Method) && chance(g.Rand, 60) || chance(g.Rand, 3) {
			r.Body = g.body()
			if chance(g.Rand, 15) {
				r.Headers = append(r.Headers, catalog.HeaderLine("Content-Type: "+oneOf(g.Rand, otherCharsets...)))
			}
		}
		return r
	}
	r.Mode = pick(g.Rand, modes)
	r.Cache = pick(g.Rand, cacheModes)
	if r.Cache == fetch.CacheOnlyIfCached && chance(g.Rand, 80) {
		r.Mode = fetch.ModeSameOrigin
	}
	if r.Mode == fetch.ModeSameOrigin && g.page != string(fetch.OpaqueOrigin) && chance(g.Rand, 70) {
		r.URL = g.page + pick(g.Rand, paths)
	}
	if r.Mode == fetch.ModeNoCORS && !fetch.IsSafelistedMethod(fetch.NormalizeMethod(r.Method)) && chance(g.Rand, 85) {
		r.Method = oneOf(g.Rand, "", "POST", "POST", "HEAD")
	}
	if r.Mode == fetch.ModeNoCORS && g.page != string(fetch.OpaqueOrigin) && chance(g.Rand, 20) {
		r.URL = g.page + pick(g.Rand, paths) // to be redirected from there
	}
	if strings.HasPrefix(r.URL, "about:") && chance(g.Rand, 50) {
		r.Mode, r.Method = fetch.ModeNoCORS, "" // which fetches it
	}
	r.Redirect = pick(g.Rand, redirectModes)
	if (r.Mode == fetch.ModeSameOrigin || r.Mode == fetch.ModeNoCORS && r.Redirect != "") && chance(g.Rand, 10) {
		r.URL = oneOf(g.Rand, "https://api.test:6000/a", "http://api.test:8080/a") // which has two reasons to be refused
	}
	if chance(g.Rand, 8) || r.Mode == fetch.ModeNoCORS && chance(g.Rand, 10) {
		r.ReferrerPolicy = oneOf(g.Rand, referrerPolicies...)
	}
	if chance(g.Rand, 4) {
		r.Integrity = g.integrity()
	}
	r.Keepalive = chance(g.Rand, 3)
	if r.Mode == fetch.ModeNoCORS && chance(g.Rand, 4) && g.page != string(fetch.OpaqueOrigin) {
		r.URL, r.Redirect, r.Keepalive = g.page+pick(g.Rand, paths), fetch.RedirectManual, true
	}
	if !noBody(r.Method) && chance(g.Rand, 55) || noBody(r.Method) && chance(g.Rand, 1) {
		r.Body = g.body()
		if chance(g.Rand, 3) {
			r.Body = &catalog.Body{Kind: fetch.BodyStream, Text: "stream", NoDuplex: chance(g.Rand, 20)}
			switch {
			case chance(g.Rand, 40):
				r.Mode, r.URL = fetch.ModeSameOrigin, g.origin()+pick(g.Rand, paths)
			case chance(g.Rand, 15):
				r.Mode, r.Method = fetch.ModeNoCORS, "POST"
			}
		}
		if r.Keepalive && chance(g.Rand, 25) {
			r.Body = &catalog.Body{Fill: overKeepalive}
		}
	}
	return r
}

// noBody reports whether fetch() refuses a body with the method.
func noBody(method string) bool {
	method = fetch.NormalizeMethod(method)
	return method == "" || method == "GET" || method == "HEAD"
}

func (g *generator) body() *catalog.Body {
	b := &catalog.Body{Kind: pick(g.Rand, bodyKinds), Text: oneOf(g.Rand, "a=1", "{}", "text", "")}
	if b.Kind == fetch.BodyURLSearchParams {
		b.Text = oneOf(g.Rand, "a=1", "a=1&b=2", "")
	}
	if b.Kind == fetch.BodyBlob {
		b.Type = oneOf(g.Rand, "", "text/plain", "Text/Plain;charset=utf-8", "application/json", "multipart/form-data;boundary=x", "image/png")
	}
	return b
}

// integrity is metadata that the body meets, that it doesn't, or that is none.
func (g *generator) integrity() string {
	right, wrong := sha256.Sum256([]byte(responseBody)), sha256.Sum256([]byte("another"))
	hash := func(sum [sha256.Size]byte) string { return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]) }
	return pick(g.Rand, choice[string]{
		{4, hash(right)}, {2, hash(wrong)}, {1, hash(wrong) + " " + hash(right)}, {2, "sha256-!"}, {1, "md5-x"}, {1, "junk"},
	})
}

// The origins that are asked, by what the page may ask without being stopped
// before anything is sent.
var (
	servers = choice[string]{
		{40, "https://api.test"}, {14, "https://cdn.test"}, {10, "https://app.test"}, {11, "https://www.app.test"},
		{8, "https://api.test:8443"},
	}
	insecureServers = choice[string]{{20, "http://api.test:8080"}, {12, "http://app.test"}}
)

// origin makes the origin of a URL.
func (g *generator) origin() string {
	insecure := 3 // from a secure page it is mixed content
	switch g.page {
	case "http://app.test":
		insecure = 45
	case string(fetch.OpaqueOrigin):
		insecure = 12 // to Chromium alone it is
	}
	if chance(g.Rand, insecure) {
		return pick(g.Rand, insecureServers)
	}
	return pick(g.Rand, servers)
}

// paths have no meaning. Some are written in a way that the URL parser changes.
var paths = choice[string]{
	{60, "/a"}, {10, "/b"}, {6, "/a?q=1"}, {6, "/a#f"}, {2, "/a?q#f"}, {2, ""}, {1, "/x/../a"}, {1, `\a`}, {1, "/a b"},
	{1, "/a?'\"<>`{}"}, {1, "/%7ea%2fb"}, {1, "/a^"}, {1, "/./a//b/%2E%2e/"},
}

// oddURLs are refused, fetched without a server, or outside of what the model
// can tell.
var oddURLs = choice[string]{
	{3, "https://u:p@api.test/a"}, {2, "https://u@api.test/a"}, {2, "https://"}, {2, "https://a<b/"}, {2, "https://api.test:65536/a"},
	{3, "https://api.test:6000/a"}, {2, "https://api.test:22/a"}, {3, "HTTPS://API.Test:443/a"}, {3, "data:text/plain,hello"},
	{2, "data:;base64,aGVsbG8="}, {1, "data:"}, {2, "ftp://api.test/a"}, {5, "about:blank"}, {1, "javascript:1"}, {1, "mailto:a@b"},
	{1, "blob:https://app.test/none"}, {1, "https://b\u00fccher.test/a"}, {1, "https://xn--bcher-kva.test/a"},
}

func (g *generator) requestURL() string {
	if chance(g.Rand, 2) {
		return pick(g.Rand, oddURLs)
	}
	return g.origin() + pick(g.Rand, paths)
}

// withFragment returns a URL with another fragment, or none.
func withFragment(url, fragment string) string {
	url, _, _ = strings.Cut(url, "#")
	if fragment != "" {
		url += "#" + fragment
	}
	return url
}

package fuzz_test

// A fault is a mistake that somebody could make in the model. In new, FAULT is
// true where the fault is planted.
type fault struct {
	name, file, old, new string
}

// faults are the mistakes that the fuzzer has to find. Each old text is in its
// file once.
var faults = []fault{{
	name: "cors-check/wildcard-with-credentials", file: "corscheck.go",
	old: `if credentials != CredentialsInclude && origin == Wildcard {`,
	new: `if (FAULT || credentials != CredentialsInclude) && origin == Wildcard {`,
}, {
	name: "cors-check/credentials-in-any-case", file: "corscheck.go",
	old: `if allow == "true" {`,
	new: `if allow == "true" || FAULT && byteCaseInsensitiveMatch(allow, "true") {`,
}, {
	name: "cors-check/first-line-counts", file: "corscheck.go",
	old: `origin, ok := headers.get("Access-Control-Allow-Origin")`,
	new: `origin, ok := headers.get("Access-Control-Allow-Origin"); if FAULT && ok { origin = headers.Lines("Access-Control-Allow-Origin")[0] }`,
}, {
	name: "cors-check/not-on-redirects", file: "httpfetch.go",
	old: `if request.tainting == TaintingCORS {`,
	new: `if request.tainting == TaintingCORS && !(FAULT && IsRedirectStatus(response.status)) {`,
}, {
	name: "preflight/200-and-204-alone-are-ok", file: "forbidden.go",
	old: `func IsOKStatus(status int) bool { return 200 <= status && status <= 299 }`,
	new: `func IsOKStatus(status int) bool { return 200 <= status && status <= 299 && !(FAULT && status != 200 && status != 204) }`,
}, {
	name: "preflight/method-in-any-case", file: "preflight.go",
	old: `if !methods.Contains(r.method) && !IsSafelistedMethod(r.method) &&`,
	new: `if !methods.Contains(r.method) && !(FAULT && methods.ContainsName(r.method)) && !IsSafelistedMethod(r.method) &&`,
}, {
	name: "preflight/wildcard-method-with-credentials", file: "preflight.go",
	old: `(include || !methods.Contains(Wildcard)) {`,
	new: `(include && !FAULT || !methods.Contains(Wildcard)) {`,
}, {
	name: "preflight/header-case-matters", file: "preflight.go",
	old: `if !headerNames.ContainsName(unsafeName) && (`,
	new: `if (!headerNames.ContainsName(unsafeName) || FAULT && !headerNames.Contains(unsafeName)) && (`,
}, {
	name: "preflight/bad-list-item-is-skipped", file: "headervalues.go",
	old: "if !isToken(item) {\n",
	new: "if FAULT && !isToken(item) { if !more { return values, true }; rest = tail; continue }\nif !isToken(item) {\n",
}, {
	name: "preflight-cache/max-age-0-is-kept", file: "preflightcache.go",
	old: `return now-e.stored >= time.Duration(e.maxAge)*time.Second`,
	new: `return now-e.stored >= time.Duration(e.maxAge)*time.Second && !(FAULT && e.maxAge == 0)`,
}, {
	name: "preflight-cache/credentials-ignored", file: "preflightcache.go",
	old: `(entry.credentials || f.request.creds != CredentialsInclude) &&`,
	new: `(FAULT || entry.credentials || f.request.creds != CredentialsInclude) &&`,
}, {
	name: "preflight-cache/fragment-ignored", file: "preflightcache.go",
	old: `*entry.url == *f.request.currentURL() &&`,
	new: `(*entry.url == *f.request.currentURL() || FAULT && entry.url.withoutFragment() == f.request.currentURL().withoutFragment()) &&`,
}, {
	name: "safelist/128-bytes-are-too-many", file: "safelist.go",
	old: `if isomorphicLength(value) > 128 {`,
	new: `if isomorphicLength(value) > 128 || FAULT && isomorphicLength(value) == 128 {`,
}, {
	name: "safelist/suffix-range", file: "safelist.go",
	old: `if start == nil {`,
	new: `if start == nil && !FAULT {`,
}, {
	name: "redirect/302-turns-put-into-get", file: "redirectfetch.go",
	old: `if (status == 301 || status == 302) && request.method == "POST" ||`,
	new: `if (status == 301 || status == 302) && (request.method == "POST" || FAULT && request.method == "PUT") ||`,
}, {
	name: "redirect/body-headers-stay", file: "redirectfetch.go",
	old: `for _, headerName := range requestBodyHeaderNames {`,
	new: `for _, headerName := range requestBodyHeaderNames { if FAULT { break }`,
}, {
	name: "redirect/authorization-stays", file: "redirectfetch.go",
	old: `if !SameOrigin(request.currentURL().Origin(), locationURL.Origin()) {`,
	new: `if !FAULT && !SameOrigin(request.currentURL().Origin(), locationURL.Origin()) {`,
}, {
	name: "redirect/20th-is-too-many", file: "redirectfetch.go",
	old: `if request.redirects == f.redirectLimit() {`,
	new: `if request.redirects == f.redirectLimit() || FAULT && request.redirects == maxRedirects-1 {`,
}, {
	name: "redirect/origin-stays", file: "redirecttaint.go",
	old: `if f.RedirectTaint() != TaintSameOrigin {`,
	new: `if f.RedirectTaint() != TaintSameOrigin && !FAULT {`,
}, {
	name: "xhr/upload-listener-ignored", file: "xhr.go",
	old: `ua.forcesPreflight(req.UploadListener, extracted),`,
	new: `ua.forcesPreflight(req.UploadListener && !FAULT, extracted),`,
}}

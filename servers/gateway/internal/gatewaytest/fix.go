package gatewaytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// FixValues are what a fix of each kind may name.
var FixValues = map[policy.FixKind][]string{
	policy.FixAllowMethod: {"PUT", "DELETE"}, policy.FixDenyMethod: {"POST"},
	policy.FixAllowHeader: {"if-match"}, policy.FixDenyHeader: {"content-type"}, policy.FixMaxAge: {"600"},
	policy.FixAllowOrigin: {"https://new.example.com:8443"}, policy.FixDenyOrigin: {"https://evil-shop.example.com"}, policy.FixUnlistOrigin: {"https://left.example.com"},
	policy.FixVary: {"Origin"}, policy.FixOneOwner: {"Access-Control-Allow-Origin", "Access-Control-Max-Age"},
	policy.FixExpose: {"x-total"}, policy.FixHide: {"etag"}, policy.FixOnErrors: {"502", "504"},
}

// Seeds adds all configs of the tests.
func Seeds(f *testing.F, suffix string) {
	f.Helper()
	archives, err := filepath.Glob("../testdata/*/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range archives {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			if strings.HasSuffix(file.Name, suffix) {
				f.Add(string(file.Data))
			}
		}
	}
}

// Fixes are fixes of all kinds, each for answers that may be wrong: a page's, to a
// preflight, an error and one that the upstream has a part in.
func Fixes(f *testing.F) []policy.Fix {
	f.Helper()
	parsed, err := policy.Parse("cors.yaml", []byte(Policy))
	if err != nil {
		f.Fatal(err)
	}
	view, err := parsed.On("edge")
	if err != nil {
		f.Fatal(err)
	}
	origin := fetch.Header{"Origin", "https://app.test"}
	star := fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}
	shown := []policy.Shown{
		{Method: "GET", URL: "https://api.test/me", Request: fetch.HeaderList{origin}, Status: 200},
		{Method: "OPTIONS", URL: "https://api.test/me", Request: fetch.HeaderList{origin, {"Access-Control-Request-Method", "PATCH"}}, Preflight: true, Status: 405},
		{Method: "GET", URL: "http://api.test/none/x", Request: fetch.HeaderList{{"Origin", "https://evil.test"}}, Status: 502, Answer: star},
		{Method: "GET", URL: "https://api.test/me", Request: fetch.HeaderList{origin}, Status: 200, Answer: star, FromUpstream: true, Upstream: star},
	}
	var all []policy.Fix
	for _, kind := range policy.FixKinds() {
		for i := range shown {
			all = append(all, policy.Fix{Kind: kind, Values: FixValues[kind], View: view, Shown: shown[i : i+1]})
		}
	}
	return all
}

// Policy is a policy for the target edge with what fixes may be about.
const Policy = `targets: {edge: {gateway: envoy, file: envoy.yaml, url: "https://api.test"}}
origins:
  web:
    - https://app.test
  previews:
    allow: [{origin: "https://pr-*.previews.test", examples: [https://pr-1.previews.test]}]
defaults:
  origins: [web, previews]
  methods: [GET, PATCH]
  headers: [content-type]
  credentials: true
  max_age: 600
routes:
  - path: /me
  - path: /none
    cors: none
`

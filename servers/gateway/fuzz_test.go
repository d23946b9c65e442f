package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// seeds adds all configs of the tests.
func seeds(f *testing.F, suffix string) {
	f.Helper()
	archives, err := filepath.Glob("testdata/*/*.txtar")
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

// fuzzFixes are fixes of all kinds, each for answers that may be wrong: a page's, to a
// preflight, an error and one that the upstream has a part in.
func fuzzFixes(f *testing.F) []policy.Fix {
	f.Helper()
	parsed, err := policy.Parse("cors.yaml", []byte(fixedPolicy))
	if err != nil {
		f.Fatal(err)
	}
	view, err := parsed.On("edge")
	if err != nil {
		f.Fatal(err)
	}
	origin := fetch.Header{"Origin", "https://app.test"}
	star := fetch.HeaderList{{allowOrigin, "*"}}
	shown := []policy.Shown{
		{Method: "GET", URL: "https://api.test/me", Request: fetch.HeaderList{origin}, Status: 200},
		{Method: "OPTIONS", URL: "https://api.test/me", Request: fetch.HeaderList{origin, {"Access-Control-Request-Method", "PATCH"}}, Preflight: true, Status: 405},
		{Method: "GET", URL: "http://api.test/none/x", Request: fetch.HeaderList{{"Origin", "https://evil.test"}}, Status: 502, Answer: star},
		{Method: "GET", URL: "https://api.test/me", Request: fetch.HeaderList{origin}, Status: 200, Answer: star, FromUpstream: true, Upstream: star},
	}
	var all []policy.Fix
	for _, kind := range policy.FixKinds() {
		for i := range shown {
			all = append(all, policy.Fix{Kind: kind, Values: fixValues[kind], View: view, Shown: shown[i : i+1]})
		}
	}
	return all
}

// Whatever the bytes are: no panic, also when fixes are worded for them, and what can be
// run differs from them where a substitution says so alone.
func FuzzNginx(f *testing.F) {
	seeds(f, ".conf")
	fixes := fuzzFixes(f)
	f.Fuzz(func(t *testing.T, text string) {
		c := &nginxConf{main: &source{name: "nginx.conf", path: "/nowhere/nginx.conf", copy: "conf/nginx.conf", text: []byte(text)}, pinned: true}
		c.finder.dir, c.finder.shown = "/nowhere", "."
		if c.parse(); len(c.syntax) > 0 {
			return
		}
		if p, err := c.plan(goldenPlace); err == nil {
			unchanged(t, p)
		}
		c.named()
		for _, fix := range fixes {
			word(c, fix)
		}
	})
}

func FuzzEnvoy(f *testing.F) {
	seeds(f, ".yaml")
	fixes := fuzzFixes(f)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseYAML(&source{name: "envoy.yaml", copy: "conf/envoy.yaml", text: []byte(text)})
		if err != nil {
			return
		}
		c := &envoyConf{file: parsed}
		c.cors = c.corsNames()
		c.finder.dir, c.finder.shown = "/nowhere", "."
		if p, err := c.plan(goldenPlace); err == nil {
			unchanged(t, p)
		}
		c.named()
		for _, fix := range fixes {
			word(c, fix)
		}
	})
}

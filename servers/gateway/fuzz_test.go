package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
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

// Whatever the bytes are: no panic, and what can be run differs from them where a
// substitution says so alone.
func FuzzNginx(f *testing.F) {
	seeds(f, ".conf")
	f.Fuzz(func(t *testing.T, text string) {
		c := &nginxConf{main: &source{name: "nginx.conf", copy: "conf/nginx.conf", text: []byte(text)}, pinned: true}
		c.finder.dir, c.finder.shown = "/nowhere", "."
		c.parseMain(nil)
		if p, err := c.plan(goldenPlace); err == nil && len(c.syntax) == 0 {
			unchanged(t, p)
		}
	})
}

func FuzzEnvoy(f *testing.F) {
	seeds(f, ".yaml")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseYAML(&source{name: "envoy.yaml", copy: "conf/envoy.yaml", text: []byte(text)})
		if err != nil {
			return
		}
		c := &envoyConf{file: parsed}
		c.finder.dir, c.finder.shown = "/nowhere", "."
		if p, err := c.plan(goldenPlace); err == nil {
			unchanged(t, p)
		}
	})
}

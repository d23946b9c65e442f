package harness_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/corsproof/corsproof/"

// allowed says for each package which of ours it may import. "…/" stands for
// all packages under a folder, and the folder's own. A new row comes with its
// reason in doc.go.
var allowed = map[string][]string{
	"harness/fetch": {},

	// Development of fetch: a rewritten copy of it, which imports point, is run.
	"harness/fetch/internal/point":   {},
	"harness/fetch/internal/rewrite": {},
	"harness/fetch/internal/mutants": {"harness/fetch", "harness/fetch/internal/…", "harness/catalog"},

	// What comes of one request: what people paste, what a console says, and its story.
	"harness/pasted":  {"harness/fetch", "harness/strict"},
	"harness/console": {"harness/fetch"},
	"harness/story":   {"harness/fetch"},

	// What a list of requests tests that no browser does.
	"harness/lint": {"harness/fetch", "harness/pasted"},

	"harness/process": {},
	"harness/strict":  {},
	"fixtures":        {},
	"harness/wire":    {"harness/fetch"},
	"harness/direct":  {"harness/fetch", "harness/wire", "harness/process"},
	"harness/browser": {"harness/fetch", "harness/wire", "harness/process"},

	// What every engine joins its evidence by, and a package for each engine.
	"harness/browser/witness":  {"harness/browser", "harness/fetch", "harness/wire"},
	"harness/browser/chromium": {"harness/browser", "harness/browser/witness", "harness/fetch", "harness/wire", "harness/process"},
	"harness/netns":            {"harness/process"},
	"harness/report":           {"harness/fetch", "harness/policy", "harness/catalog", "harness/judge", "harness/console", "harness/story", "harness/lint"},
	"harness/policy":           {"harness/fetch", "harness/strict"},
	"harness/catalog":          {"harness/fetch", "harness/policy", "harness/strict"},
	"harness/judge":            {"harness/fetch", "harness/policy", "harness/catalog"},
	"harness/fuzz":             {"harness/fetch", "harness/catalog", "harness/judge"},
	"harness":                  {"harness/fetch", "harness/wire", "harness/process", "harness/direct", "harness/browser", "harness/browser/chromium", "harness/report"},

	// For benchmarks alone.
	"harness/internal/pairs": {},

	"harness/drive": {"harness/fetch", "harness/browser"},
	"harness/check": {"harness", "harness/fetch", "harness/direct", "harness/drive", "harness/target", "harness/wire", "harness/browser", "harness/policy", "harness/catalog", "harness/judge", "harness/report", "harness/story"},
	"harness/cases": {"harness", "harness/fetch", "harness/drive", "harness/wire", "harness/direct", "harness/browser", "harness/catalog", "harness/judge", "harness/report", "harness/fuzz"},

	"servers":       {"harness/fetch", "harness/wire", "harness/process", "harness/netns", "fixtures"},
	"scenarios":     {"harness/…", "servers/…", "fixtures"},
	"cmd/corsproof": {"harness/…", "servers/…", "scenarios", "fixtures"},

	"harness/target": {"harness/policy", "harness/wire"},

	// A kind of gateway knows what a kind has to do, and not who runs it; who runs it knows no
	// kind. servers/gateway/containers alone needs a Docker client.
	"servers/gateway/adapter":              {"servers", "harness/fetch", "harness/policy", "harness/target", "harness/wire"},
	"servers/gateway/nginx":                {"servers", "servers/gateway/adapter", "harness/fetch", "harness/policy", "harness/strict", "harness/target", "harness/wire", "fixtures"},
	"servers/gateway/envoy":                {"servers", "servers/gateway/adapter", "harness/policy", "harness/strict", "harness/wire"},
	"servers/gateway":                      {"servers", "servers/gateway/adapter", "harness/policy", "harness/strict", "harness/target", "harness/wire", "harness/process"},
	"servers/gateway/all":                  {"servers/gateway", "servers/gateway/nginx", "servers/gateway/envoy"},
	"servers/gateway/containers":           {"servers/container", "servers/gateway", "servers/gateway/adapter", "servers/gateway/all", "harness/wire", "harness/process"},
	"servers/gateway/internal/gatewaytest": {"servers", "servers/gateway", "servers/gateway/adapter", "harness/fetch", "harness/policy", "harness/wire", "harness/process", "fixtures"},

	"servers/kubernetes": {"servers", "harness/fetch", "harness/wire", "harness/process", "fixtures"},
	"servers/container":  {"servers", "harness/fetch", "harness/wire", "harness/process", "fixtures"},
}

// mayImportTesting are the packages that have a form for tests beside the other.
var mayImportTesting = []string{"harness", "harness/check", "harness/internal/pairs", "harness/direct", "harness/browser", "harness/browser/chromium", "servers/container", "servers/gateway", "servers/gateway/internal/gatewaytest"}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go"), strings.HasSuffix(file, "_test.go"):
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		seen[pkg] = true
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		may, ok := allowed[pkg]
		assert.True(t, ok, "package %s is not in the table", pkg)
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(imported, module); ok {
				assert.True(t, mayImport(may, ours), "%s imports %s, which the table doesn't allow", rel, ours)
			}
			if imported == "testing" {
				assert.Contains(t, mayImportTesting, pkg, "%s imports testing", rel)
			}
			if pkg == "harness/fetch" {
				assert.NotContains(t, imported, ".", "%s: fetch imports the standard library alone", rel)
			}
		}
		return nil
	})
	require.NoError(t, err)
	for pkg := range allowed {
		assert.True(t, seen[pkg], "the table has package %s, which is not there", pkg)
	}
}

func mayImport(may []string, imported string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		if folder, all := strings.CutSuffix(m, "/…"); all {
			return imported == folder || strings.HasPrefix(imported, folder+"/")
		}
		return imported == m
	})
}

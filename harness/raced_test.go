package harness_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startsElsewhere are packages without the race detector that start goroutines all the
// same, and why it wouldn't see them.
var startsElsewhere = map[string]string{
	"harness/fetch/internal/mutants": "it does so in the program that it builds, which has no race detector either",
}

// What the Makefile tests without the race detector starts no goroutine, in which there
// would be something for it to find.
func TestUnracedPackagesStartNoGoroutine(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^PURE = (.*)$`).FindSubmatch(text)
	require.NotNil(t, m, "the Makefile has no list PURE")
	seen := map[string]bool{}
	for _, pattern := range strings.Fields(string(m[1])) {
		folder, below := strings.CutSuffix(strings.TrimPrefix(pattern, "./"), "/...")
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, "the Makefile's PURE names %s, which is no package", pattern)
		if below {
			more, err := filepath.Glob(filepath.Join("..", folder, "internal", "*", "*.go"))
			require.NoError(t, err)
			files = append(files, more...)
		}
		for _, file := range files {
			pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../")
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			places := goroutines(t, file)
			if _, known := startsElsewhere[pkg]; known {
				seen[pkg] = seen[pkg] || len(places) > 0
				continue
			}
			assert.Empty(t, places, "package %s starts a goroutine: take it from the Makefile's PURE", pkg)
		}
	}
	for pkg := range startsElsewhere {
		assert.True(t, seen[pkg], "package %s is no exception any more", pkg)
	}
}

// goroutines returns where a file starts one: by a go statement, or by the Go of a
// group.
func goroutines(t *testing.T, file string) (places []string) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			places = append(places, set.Position(n.Pos()).String())
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Go" || f.Sel.Name == "AfterFunc") {
				places = append(places, set.Position(n.Pos()).String())
			}
		}
		return true
	})
	return places
}

package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateErrors = flag.Bool("update", false, "rewrite the list of error texts")

// makesErrors are the functions and methods whose first text is an error's.
var makesErrors = []string{"New", "Errorf", "fail", "failAt", "Fail", "FailAt", "missing", "refuse", "problem"}

// Every text of an error that the command can print stands in a golden file, so that it is
// read when it changes.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	const golden = "testdata/errors.txt"
	var out strings.Builder
	for _, root := range []string{"cmd", "harness", "scenarios", "servers"} {
		byFolder := map[string][]string{}
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../../"))
			byFolder[folder] = append(byFolder[folder], errorTexts(file)...)
			return nil
		})
		require.NoError(t, err)
		for _, folder := range sortedKeys(byFolder) {
			texts := slices.Compact(slices.Sorted(slices.Values(byFolder[folder])))
			if len(texts) > 0 {
				out.WriteString("# " + folder + "\n" + strings.Join(texts, "\n") + "\n\n")
			}
		}
	}
	if *updateErrors {
		require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err, "go test ./cmd/corsproof -run TestErrorTexts -update writes it")
	assert.Empty(t, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")), "an error's text changed: read it, then run go test ./cmd/corsproof -run TestErrorTexts -update")
}

// errorTexts returns the texts that a file makes errors of, as they are written.
func errorTexts(file *ast.File) []string {
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !slices.Contains(makesErrors, calledName(call)) {
			return true
		}
		for _, arg := range call.Args {
			if text := literal(arg); strings.Contains(text, " ") {
				out = append(out, text)
				break
			}
		}
		return true
	})
	return out
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// literal is the text of a string, or of several that are joined; what isn't written there
// is an ellipsis.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return strings.ReplaceAll(text, "\n", `\n`)
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			a, b := literal(e.X), literal(e.Y)
			if a == "" && b == "" {
				return ""
			}
			return orElse(a, "…") + orElse(b, "…")
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package fetch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// A step is a numbered step of the standard.
type step struct{ anchor, number string }

func (s step) String() string { return s.anchor + " " + s.number }

var goName = regexp.MustCompile("`([A-Za-z]+(?:\\.[A-Za-z0-9]+)?)`")

// TestEveryStepIsAccountedFor holds the list of the standard's numbered steps
// against the code and OMITTED.md: each is code (a comment "// Step 7.5." in a
// function whose doc comment links the algorithm), an input, or a line of
// OMITTED.md, and exactly one of them.
func TestEveryStepIsAccountedFor(t *testing.T) {
	t.Parallel()
	steps := readSteps(t)
	code, _ := stepsInCode(t)
	omitted := readOmitted(t, steps)

	known := map[step]bool{}
	for _, s := range steps {
		known[s] = true
		where := omitted[s]
		switch {
		case code[s] == "" && len(where) == 0:
			t.Errorf("%s is accounted for nowhere: write it in code, or in OMITTED.md", s)
		case code[s] != "" && len(where) > 0:
			t.Errorf("%s is code, in %s, and a line of OMITTED.md all the same: remove one", s, code[s])
		case len(where) > 1:
			t.Errorf("%s has %d lines in OMITTED.md: keep one", s, len(where))
		}
	}
	for s, function := range code {
		if !known[s] {
			t.Errorf("%s, in %s, is no step of the standard: stale or misnumbered", s, function)
		}
	}
}

// TestProseAlgorithmsAreNamed looks for each algorithm that the standard gives
// in prose, without steps, or that the list has no steps of: some declaration's
// doc comment links its anchor.
func TestProseAlgorithmsAreNamed(t *testing.T) {
	t.Parallel()
	_, anchors := stepsInCode(t)
	for _, anchor := range []string{
		"bad-port", "concept-cache", "concept-cache-clear", "concept-cache-match", "concept-cache-match-header",
		"concept-cache-match-method", "concept-filtered-response-basic", "concept-filtered-response-cors",
		"concept-filtered-response-opaque", "concept-filtered-response-opaque-redirect", "concept-header-list-delete",
		"concept-header-list-get-decode-split", "concept-header-list-set", "concept-header-list-sort-and-combine",
		"concept-header-value-normalize", "concept-method-normalize", "concept-network-error", "concept-request-clone",
		"convert-header-names-to-a-sorted-lowercase-set", "cookie-header", "cookie-infrastructure",
		"cors-non-wildcard-request-header-name", "cors-preflight-request", "cors-safelisted-method",
		"cors-safelisted-response-header-name", "cors-unsafe-request-header-byte",
		"cross-origin-embedder-policy-allows-credentials", "data-url-processor", "forbidden-method",
		"forbidden-response-header-name", "header-list-contains", "header-name", "header-value",
		"http-new-header-syntax", "no-cors-safelisted-request-header-name", "null-body-status", "ok-status",
		"privileged-no-cors-request-header-name", "redirect-status", "request-body-header-name",
		"set-cookie-header",
	} {
		assert.Contains(t, anchors, anchor)
	}
}

func readSteps(t *testing.T) []step {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "fetch-steps.tsv"))
	require.NoError(t, err)
	var steps []step
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		anchor, number, ok := strings.Cut(line, "\t")
		require.True(t, ok, line)
		steps = append(steps, step{anchor, number})
	}
	require.Greater(t, len(steps), 700)
	return steps
}

// stepsInCode returns each step with the function that has it, and every anchor
// that some doc comment links.
func stepsInCode(t *testing.T) (map[step]string, map[string]bool) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	steps, anchors := map[step]string{}, map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, group := range file.Comments {
			for _, anchor := range rewrite.Anchors(group.Text()) {
				anchors[anchor] = true
			}
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			anchor := rewrite.Anchor(fn.Doc.Text())
			for _, group := range file.Comments {
				if group.Pos() < fn.Body.Pos() || group.End() > fn.Body.End() {
					continue
				}
				for _, c := range group.List {
					number := rewrite.Step(c.Text)
					if number == "" {
						continue
					}
					where := name + ": " + fn.Name.Name
					if anchor == "" {
						t.Errorf("%s has %q, and its doc comment links no algorithm", where, c.Text)
						continue
					}
					steps[step{anchor, number}] = where
				}
			}
		}
	}
	return steps, anchors
}

// readOmitted reads the tables of OMITTED.md: anchor, steps, and why. Steps are
// separated by commas; "8.5.1 to 8.5.6" is a range in the order of the list.
func readOmitted(t *testing.T, steps []step) map[step][]string {
	t.Helper()
	data, err := os.ReadFile("OMITTED.md")
	require.NoError(t, err)
	declared := declaredNames(t)
	out := map[step][]string{}
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| algorithm") {
			continue
		}
		require.Len(t, cells, 4, "a line of OMITTED.md has four cells: %s", line)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
			assert.NotEmpty(t, cells[i], "an empty cell in OMITTED.md: %s", line)
		}
		if section == "Inputs" {
			names := goName.FindAllStringSubmatch(cells[2], -1)
			assert.NotEmpty(t, names, "an input names its Go field: %s", line)
			for _, n := range names {
				assert.Contains(t, declared, n[1], "an input that is declared nowhere: %s", line)
			}
		}
		for item := range strings.SplitSeq(cells[1], ",") {
			first, last, isRange := strings.Cut(strings.TrimSpace(item), " to ")
			if !isRange {
				last = first
			}
			from := slices.Index(steps, step{cells[0], first})
			to := slices.Index(steps, step{cells[0], last})
			if from < 0 || to < from {
				t.Errorf("OMITTED.md: %s %s is no step of the standard: stale or misnumbered", cells[0], item)
				continue
			}
			for _, s := range steps[from : to+1] {
				out[s] = append(out[s], cells[2])
			}
		}
	}
	return out
}

// declaredNames returns the package's types and their fields, as "Type" and
// "Type.Field".
func declaredNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			names[spec.Name.Name] = true
			if structure, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range structure.Fields.List {
					for _, ident := range field.Names {
						names[spec.Name.Name+"."+ident.Name] = true
					}
				}
			}
			return true
		})
	}
	return names
}

package fetch_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestBlocksAreListed finds each block that the source of the model makes, with
// its phase, step and detail, and wants just those in [fetch.Blocks].
func TestBlocksAreListed(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, b := range fetch.Blocks {
		listed = append(listed, fmt.Sprintf("{Phase: %q, Step: %q, Detail: %q},", b.Phase, b.Step, b.Detail))
	}
	made := blocksInSource(t)
	assert.Greater(t, len(made), 50)
	assert.Equal(t, strings.Join(made, "\n"), strings.Join(listed, "\n"))
}

// A maker makes blocks: a function or a variable that holds one. Each of phase,
// step and detail is a constant, or the index of a parameter.
type maker [3]any

// blocksInSource returns the blocks as lines of a Go list, sorted.
func blocksInSource(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(fset, name, nil, 0)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	s := &blockSearch{fset: fset, makers: map[types.Object]maker{}, lines: map[string]bool{}, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}}
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	_, err = config.Check("fetch", fset, files, s.info)
	require.NoError(t, err)
	for before := -1; before < len(s.makers); { // a maker may call one that is found later
		before, s.unclear = len(s.makers), nil
		for _, file := range files {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
					s.search(s.info.Defs[f.Name], f.Type, f.Body)
				}
			}
		}
	}
	assert.Empty(t, s.unclear, "blocks whose phase, step or detail is neither a constant nor a parameter")
	var lines []string
	for line := range s.lines {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

type blockSearch struct {
	fset    *token.FileSet
	info    *types.Info
	makers  map[types.Object]maker
	lines   map[string]bool
	unclear []string
}

// search looks through the body of a function; self may be nil.
func (s *blockSearch) search(self types.Object, typ *ast.FuncType, body *ast.BlockStmt) {
	var params []types.Object
	for _, field := range typ.Params.List {
		for _, name := range field.Names {
			params = append(params, s.info.Defs[name])
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if literal, ok := n.Rhs[0].(*ast.FuncLit); ok && len(n.Lhs) == 1 {
				s.search(s.info.Defs[n.Lhs[0].(*ast.Ident)], literal.Type, literal.Body)
				return false
			}
		case *ast.CompositeLit:
			if named, ok := s.info.Types[n].Type.(*types.Named); ok && named.Obj().Name() == "Block" && len(n.Elts) > 0 {
				s.made(n, self, params, func(i int) ast.Expr {
					for _, e := range n.Elts {
						if pair := e.(*ast.KeyValueExpr); pair.Key.(*ast.Ident).Name == []string{"Phase", "Step", "Detail"}[i] {
							return pair.Value
						}
					}
					return nil
				})
			}
		case *ast.CallExpr:
			name, ok := n.Fun.(*ast.Ident)
			if selector, isSelector := n.Fun.(*ast.SelectorExpr); isSelector {
				name, ok = selector.Sel, true
			}
			if !ok {
				break
			}
			if m, ok := s.makers[s.info.Uses[name]]; ok {
				s.made(n, self, params, func(i int) ast.Expr {
					if text, isConstant := m[i].(string); isConstant {
						return &ast.BasicLit{Kind: token.STRING, Value: text}
					}
					return n.Args[m[i].(int)]
				})
			}
		}
		return true
	})
}

// made notes a block, or that self makes one of its parameters.
func (s *blockSearch) made(at ast.Node, self types.Object, params []types.Object, part func(i int) ast.Expr) {
	var m maker
	whole := true
	for i := range m {
		e := part(i)
		literal, isLiteral := e.(*ast.BasicLit)
		name, isName := e.(*ast.Ident)
		value := s.info.Types[e].Value
		switch {
		case value != nil:
			m[i] = constant.StringVal(value)
		case isLiteral:
			m[i] = literal.Value
		case isName && slices.Contains(params, s.info.Uses[name]):
			m[i], whole = slices.Index(params, s.info.Uses[name]), false
		default:
			s.unclear = append(s.unclear, s.fset.Position(at.Pos()).String())
			return
		}
	}
	if whole {
		s.lines[fmt.Sprintf("{Phase: %q, Step: %q, Detail: %q},", m[0], m[1], m[2])] = true
		return
	}
	s.makers[self] = m
}

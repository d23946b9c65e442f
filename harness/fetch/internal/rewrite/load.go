package rewrite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Package is the source of one package with its types.
type Package struct {
	// Dir is the absolute folder.
	Dir string

	fset  *token.FileSet
	files []*sourceFile
	types *types.Package
	info  *types.Info
}

type sourceFile struct {
	name   string // absolute
	source []byte
	tree   *ast.File
	edits  edits
}

// Load reads and type-checks the package in a folder, without its tests. It
// runs the go command to find the packages that it imports.
func Load(ctx context.Context, dir string) (*Package, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	found, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("find the package in %s: %w", dir, err)
	}
	p := &Package{Dir: dir, fset: token.NewFileSet(), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	var trees []*ast.File
	for _, name := range found.GoFiles {
		name = filepath.Join(dir, name)
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(p.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, &sourceFile{name: name, source: source, tree: tree})
		trees = append(trees, tree)
	}
	exports, err := exportFiles(ctx, dir)
	if err != nil {
		return nil, err
	}
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) {
		name, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("the go command names no export file of %s", path)
		}
		return os.Open(name)
	})}
	if p.types, err = config.Check(found.Name, p.fset, trees, p.info); err != nil {
		return nil, fmt.Errorf("check the types of %s: %w", dir, err)
	}
	return p, nil
}

// exportFiles returns the export files of all packages below one, by path.
func exportFiles(ctx context.Context, dir string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", ".")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, fmt.Errorf("go list in %s: %w", dir, err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if file != "" {
			exports[path] = file
		}
	}
	return exports, nil
}

// text returns the source of a node.
func (p *Package) text(f *sourceFile, n ast.Node) string {
	return string(f.source[p.offset(n.Pos()):p.offset(n.End())])
}

func (p *Package) offset(pos token.Pos) int { return p.fset.Position(pos).Offset }

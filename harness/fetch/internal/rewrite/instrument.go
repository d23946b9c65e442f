package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"strings"
)

// A Copy is the rewritten source of a package.
type Copy struct {
	// Files are the contents by the absolute names of the files that they
	// replace.
	Files map[string]string
	// Mutants are in the order of their IDs, which count from 1.
	Mutants []Mutant
	// Decisions likewise.
	Decisions []Decision
	// Unused are the entries of the scope that kept nothing out, or in.
	Unused []string
}

// instrumenter collects the edits of one package.
type instrumenter struct {
	walker
	out   Copy
	names map[string]int

	file     *sourceFile
	edits    *edits // of the function or variable at hand
	function string
	anchor   string
}

// Instrument rewrites a package. pointPath is the import path of package point.
func Instrument(p *Package, scope Scope, pointPath string) Copy {
	in := &instrumenter{walker: walker{Package: p, scope: scope, used: map[string]bool{}}, names: map[string]int{}}
	in.out.Files = map[string]string{}
	reached := in.reached()
	for _, f := range p.files {
		in.file, f.edits = f, edits{}
		in.edits = &f.edits
		rebuilds := ""
		for _, decl := range f.tree.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				object, _ := p.info.Defs[decl.Name].(*types.Func)
				if object == nil || decl.Body == nil || !reached[object] {
					continue
				}
				in.function, in.anchor = functionName(object), Anchor(decl.Doc.Text())
				in.decisions(decl)
				in.walk(decl.Body, in.mutate)
			case *ast.GenDecl:
				if decl.Tok == token.VAR {
					rebuilds += in.variables(decl, reached)
				}
			}
		}
		text := f.edits.apply(f.source, 0, len(f.source))
		if in.uses(text) || rebuilds != "" {
			head := p.offset(f.tree.Name.End())
			text = f.edits.apply(f.source, 0, head) +
				fmt.Sprintf("; import %s %q", pointName, pointPath) + f.edits.apply(f.source, head, len(f.source)) + rebuilds
		}
		in.out.Files[f.name] = text
	}
	if len(p.files) > 0 {
		first := p.files[0].name
		if !in.uses(in.out.Files[first]) {
			in.out.Files[first] = strings.Replace(in.out.Files[first], "package "+p.types.Name(),
				fmt.Sprintf("package %s; import %s %q", p.types.Name(), pointName, pointPath), 1)
		}
		in.out.Files[first] += fmt.Sprintf("\nfunc init() { %s.Sites = %d }\n", pointName, len(in.out.Mutants))
	}
	in.out.Unused = in.unused()
	return in.out
}

// pointName is what the copy calls package point; the source has no such name.
const pointName = "point_"

func (in *instrumenter) uses(text string) bool { return strings.Contains(text, pointName+".") }

// variables mutates the initial values of package variables. It returns what
// computes them anew when a mutant is turned on: by then they have their values.
func (in *instrumenter) variables(decl *ast.GenDecl, reached map[types.Object]bool) string {
	var b strings.Builder
	for _, spec := range decl.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || len(v.Names) != 1 || len(v.Values) != 1 {
			continue
		}
		object := in.info.Defs[v.Names[0]]
		if object == nil || !reached[object] {
			continue
		}
		own := &edits{}
		in.function, in.anchor, in.edits = object.Name(), Anchor(decl.Doc.Text()+v.Doc.Text()), own
		in.walk(v.Values[0], in.mutate)
		in.edits = &in.file.edits
		value := own.apply(in.file.source, in.offset(v.Values[0].Pos()), in.offset(v.Values[0].End()))
		fmt.Fprintf(&b, "\nfunc init() { %s.OnActivate(%d, func() { %s = %s }) }\n", pointName, in.order(object), object.Name(), value)
	}
	return b.String()
}

// order returns the position of a variable in the package's initialization.
func (in *instrumenter) order(object types.Object) int {
	for i, initializer := range in.info.InitOrder {
		for _, v := range initializer.Lhs {
			if v == object {
				return i
			}
		}
	}
	return len(in.info.InitOrder)
}

// plant adds a mutant and returns its ID.
func (in *instrumenter) plant(operator Operator, n ast.Node) int {
	text := strings.Join(strings.Fields(in.text(in.file, n)), " ")
	position := in.fset.Position(n.Pos())
	file := filepath.Base(position.Filename)
	name := fmt.Sprintf("%s %s: %s: %s", file, in.function, operator, text)
	in.names[name]++
	if count := in.names[name]; count > 1 {
		name += fmt.Sprintf(" #%d", count)
	}
	in.out.Mutants = append(in.out.Mutants, Mutant{
		ID: len(in.out.Mutants) + 1, Name: name, Operator: operator, Function: in.function, Anchor: in.anchor,
		Position: fmt.Sprintf("%s:%d", path.Base(file), position.Line),
	})
	return len(in.out.Mutants)
}

// wrap puts text around a node.
func (in *instrumenter) wrap(n ast.Node, before, after string) {
	in.edits.wrap(in.offset(n.Pos()), in.offset(n.End()), before, after)
}

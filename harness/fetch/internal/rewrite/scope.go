package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
)

// A Scope says which code can change what a judge looks at. A mistake anywhere
// else can't be found, so none is planted there.
type Scope struct {
	// Roots are the functions that are called, "Name" or "Type.Method". What
	// isn't reached from them is out of scope.
	Roots []string
	// Outside names functions that make nothing that is judged, with the reason.
	// What is reached through these alone is out of scope too.
	Outside map[string]string
	// Elsewhere names files that implement another standard than the one under
	// proof, with its name. What is reached through their functions alone is out
	// of scope too.
	Elsewhere map[string]string
	// Fields are those, as in "Block.Sentence", that nobody judges. What is
	// assigned to them, and what is reached through that alone, is out of scope.
	Fields []string
	// Parameters are names of parameters whose values end in such fields.
	Parameters []string
	// Types are those whose composite values are data and no code.
	Types []string
}

// A walker visits the nodes that are in scope.
type walker struct {
	*Package
	scope Scope
	// used are the entries of the scope that kept something out.
	used map[string]bool
}

// walk visits root and what is below it in order, with the nodes above, from
// the outside in. It passes over what is out of scope.
func (w *walker) walk(root ast.Node, visit func(n ast.Node, above []ast.Node)) {
	ast.PreorderStack(root, nil, func(n ast.Node, above []ast.Node) bool {
		if w.outside(n, above) {
			return false
		}
		visit(n, above)
		return true
	})
}

// outside reports whether a node is out of scope, and with it all below.
func (w *walker) outside(n ast.Node, above []ast.Node) bool {
	if decl, ok := n.(*ast.GenDecl); ok && decl.Tok == token.CONST {
		return true // a constant is mutated where it is used
	}
	if call, ok := n.(*ast.CallExpr); ok && w.isOutsideCall(call) {
		return true
	}
	if assign, ok := n.(*ast.AssignStmt); ok && !slices.ContainsFunc(assign.Lhs, func(e ast.Expr) bool { return !w.isUnjudged(e) }) {
		return true
	}
	if composite, ok := n.(*ast.CompositeLit); ok && w.listed(w.scope.Types, "type ", w.typeName(composite)) {
		return true
	}
	if len(above) == 0 {
		return false
	}
	switch parent := above[len(above)-1].(type) {
	case *ast.CallExpr:
		i := slices.IndexFunc(parent.Args, func(a ast.Expr) bool { return a == n })
		return i >= 0 && w.listed(w.scope.Parameters, "parameter ", w.parameter(parent, i))
	case *ast.KeyValueExpr:
		composite, ok := above[max(len(above)-2, 0)].(*ast.CompositeLit)
		key, isName := parent.Key.(*ast.Ident)
		return ok && isName && w.listed(w.scope.Fields, "field ", w.typeName(composite)+"."+key.Name)
	}
	return false
}

// listed reports whether a list has name, and notes that it was of use.
func (w *walker) listed(list []string, kind, name string) bool {
	if name == "" || !slices.Contains(list, name) {
		return false
	}
	w.used[kind+name] = true
	return true
}

// isOutsideCall: memory, texts of errors, and calls of what the scope puts
// outside.
func (w *walker) isOutsideCall(call *ast.CallExpr) bool {
	switch object := w.callee(call).(type) {
	case *types.Builtin:
		return object.Name() == "make" || object.Name() == "clear"
	case *types.Func:
		if pkg := object.Pkg(); pkg != nil && (pkg.Path() == "errors" || pkg.Path() == "fmt" || pkg.Path() == "slices" && object.Name() == "Clip") {
			return true
		}
		if object.Pkg() == w.types {
			return w.isOutsideFunction(object)
		}
	}
	return false
}

// isOutsideFunction reports whether the scope puts a function outside.
func (w *walker) isOutsideFunction(f *types.Func) bool {
	if name := functionName(f); w.scope.Outside[name] != "" {
		w.used["function "+name] = true
		return true
	}
	if file := filepath.Base(w.fset.Position(f.Pos()).Filename); w.scope.Elsewhere[file] != "" {
		w.used["file "+file] = true
		return true
	}
	return false
}

// isUnjudged reports whether an expression is a field that nobody judges, or
// a part of one.
func (w *walker) isUnjudged(e ast.Expr) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	selection := w.info.Selections[selector]
	if selection == nil {
		return false
	}
	return w.listed(w.scope.Fields, "field ", namedType(selection.Recv())+"."+selector.Sel.Name) || w.isUnjudged(selector.X)
}

func (w *walker) callee(call *ast.CallExpr) types.Object {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return w.info.Uses[f]
	case *ast.SelectorExpr:
		return w.info.Uses[f.Sel]
	}
	return nil
}

// parameter returns the name of the parameter that takes the i-th argument.
func (w *walker) parameter(call *ast.CallExpr, i int) string {
	signature, ok := w.info.Types[call.Fun].Type.(*types.Signature)
	if !ok || signature.Params().Len() == 0 {
		return ""
	}
	return signature.Params().At(min(i, signature.Params().Len()-1)).Name()
}

func (w *walker) typeName(composite *ast.CompositeLit) string {
	return namedType(w.info.Types[composite].Type)
}

func namedType(t types.Type) string {
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// functionName returns "Name", or "Type.Method".
func functionName(f *types.Func) string {
	if receiver := f.Signature().Recv(); receiver != nil {
		return namedType(receiver.Type()) + "." + f.Name()
	}
	return f.Name()
}

// reached returns the functions and package variables that are in scope.
func (w *walker) reached() map[types.Object]bool {
	bodies := map[types.Object]ast.Node{}
	for _, f := range w.files {
		for _, decl := range f.tree.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Body != nil {
					bodies[w.info.Defs[decl.Name]] = decl.Body
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == 1 {
						bodies[w.info.Defs[v.Names[0]]] = v.Values[0]
					}
				}
			}
		}
	}
	reached := map[types.Object]bool{}
	var enter func(types.Object)
	enter = func(o types.Object) {
		if f, ok := o.(*types.Func); ok && f.Pkg() == w.types && w.isOutsideFunction(f) {
			return
		}
		if reached[o] || bodies[o] == nil {
			return
		}
		reached[o] = true
		w.walk(bodies[o], func(n ast.Node, _ []ast.Node) {
			if id, ok := n.(*ast.Ident); ok && w.info.Uses[id] != nil {
				enter(w.info.Uses[id])
			}
		})
	}
	for o := range bodies {
		name := o.Name()
		if f, ok := o.(*types.Func); ok {
			name = functionName(f)
		}
		if slices.Contains(w.scope.Roots, name) {
			w.used["root "+name] = true
			enter(o)
		}
	}
	return reached
}

// unused returns the entries of the scope that had no effect.
func (w *walker) unused() []string {
	var out []string
	check := func(kind string, names []string) {
		for _, name := range names {
			if !w.used[kind+name] {
				out = append(out, kind+name)
			}
		}
	}
	check("root ", w.scope.Roots)
	check("field ", w.scope.Fields)
	check("parameter ", w.scope.Parameters)
	check("type ", w.scope.Types)
	check("function ", slices.Collect(maps.Keys(w.scope.Outside)))
	check("file ", slices.Collect(maps.Keys(w.scope.Elsewhere)))
	slices.Sort(out)
	return out
}

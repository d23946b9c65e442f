package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// A Decision is an if, a clause of a switch, or a boolean value, under a step of
// the standard.
type Decision struct {
	// ID is what the record knows it by; the first is 1.
	ID int
	// Anchor and Step are the algorithm and its step.
	Anchor, Step string
	// Text is the condition as it stands in the code.
	Text string
	// Function is the enclosing one.
	Function string
}

// decisions instruments the decisions of a function that is an algorithm. The
// step of each is the one that is open where it begins.
func (in *instrumenter) decisions(decl *ast.FuncDecl) {
	if in.anchor == "" {
		return
	}
	add := func(at ast.Node, text string) int {
		step := in.stepAt(decl, at.Pos())
		if step == "" {
			return 0
		}
		in.out.Decisions = append(in.out.Decisions, Decision{
			ID: len(in.out.Decisions) + 1, Anchor: in.anchor, Step: step, Function: in.function,
			Text: strings.Join(strings.Fields(text), " "),
		})
		return len(in.out.Decisions)
	}
	record := func(cond ast.Expr) {
		if id := add(cond, in.text(in.file, cond)); id > 0 {
			in.wrap(cond, fmt.Sprintf("%s.Took(%d, ", pointName, id), ")")
		}
	}
	in.walk(decl.Body, func(n ast.Node, above []ast.Node) {
		switch n := n.(type) {
		case *ast.IfStmt:
			record(n.Cond)
		case *ast.SwitchStmt:
			in.switchDecision(n, add)
		case *ast.BinaryExpr, *ast.UnaryExpr:
			if e := n.(ast.Expr); in.isBooleanValue(e, above) {
				record(e)
			}
		}
	})
}

// switchDecision makes each clause of a switch a decision.
func (in *instrumenter) switchDecision(n *ast.SwitchStmt, add func(ast.Node, string) int) {
	first, hasDefault := 0, false
	for _, s := range n.Body.List {
		clause := s.(*ast.CaseClause)
		id := add(n, in.clauseText(n, clause))
		if id == 0 {
			return
		}
		if first == 0 {
			first = id
		}
		hasDefault = hasDefault || clause.List == nil
	}
	last := first + len(n.Body.List) - 1
	for i, s := range n.Body.List {
		in.edits.insert(in.offset(s.(*ast.CaseClause).Colon)+1, fmt.Sprintf(" %s.Clause(%d, %d, %d);", pointName, first, last, first+i))
	}
	if !hasDefault && first > 0 {
		in.edits.insert(in.offset(n.Body.Rbrace), fmt.Sprintf("default: %s.Clause(%d, %d, 0);", pointName, first, last))
	}
}

// clauseText words a clause as a condition.
func (in *instrumenter) clauseText(n *ast.SwitchStmt, clause *ast.CaseClause) string {
	tag := ""
	if n.Tag != nil {
		tag = in.text(in.file, n.Tag) + " "
	}
	if clause.List == nil {
		return tag + "otherwise"
	}
	var items []string
	for _, item := range clause.List {
		items = append(items, in.text(in.file, item))
	}
	if n.Tag == nil {
		return strings.Join(items, ", ")
	}
	return tag + "is " + strings.Join(items, ", ")
}

// stepAt returns the step that is open at a position of a function.
func (in *instrumenter) stepAt(decl *ast.FuncDecl, at token.Pos) string {
	step := ""
	for _, group := range in.file.tree.Comments {
		if group.Pos() < decl.Body.Pos() || group.Pos() > at {
			continue
		}
		for _, c := range group.List {
			if s := Step(c.Text); s != "" {
				step = s
			}
		}
	}
	return step
}

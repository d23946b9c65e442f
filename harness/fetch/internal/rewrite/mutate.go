package rewrite

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// mutate plants the mutants of one node.
func (in *instrumenter) mutate(n ast.Node, above []ast.Node) {
	switch n := n.(type) {
	case *ast.IfStmt:
		in.force(n.Cond, OpNever, OpAlways)
	case *ast.ForStmt:
		if n.Cond != nil {
			in.force(n.Cond, OpNever)
			in.dropStatement(n, above)
		}
	case *ast.RangeStmt:
		in.dropStatement(n, above)
	case *ast.CaseClause:
		in.mutateCase(n, above)
	case *ast.BinaryExpr:
		in.mutateBinary(n)
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt:
		in.dropStatement(n.(ast.Stmt), above)
	case *ast.AssignStmt:
		in.mutateAssignment(n, above)
	}
	if e, ok := n.(ast.Expr); ok && len(above) > 0 {
		in.mutateConstant(e, above)
		if in.isBooleanValue(e, above) {
			in.force(e, OpNever, OpAlways)
		}
	}
}

// force makes a condition false or true.
func (in *instrumenter) force(cond ast.Expr, operators ...Operator) {
	inner := cond
	if not, ok := cond.(*ast.UnaryExpr); ok {
		inner = not.X
	}
	if in.outside(inner, nil) {
		return
	}
	before, after := "", ""
	for _, operator := range operators {
		switch operator {
		case OpNever:
			before, after = "("+before, after+fmt.Sprintf(") && !%s.On(%d)", pointName, in.plant(operator, cond))
		case OpAlways:
			before, after = "("+before, after+fmt.Sprintf(") || %s.On(%d)", pointName, in.plant(operator, cond))
		}
	}
	in.wrap(cond, "("+before, after+")")
}

// isBooleanValue reports whether e is a boolean value that is worked out right
// where it is used: returned, assigned, or handed over. Names and literals
// aren't, nor are conditions and operands, which have operators of their own.
func (in *instrumenter) isBooleanValue(e ast.Expr, above []ast.Node) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr, *ast.UnaryExpr, *ast.CallExpr:
		if call, ok := e.(*ast.CallExpr); ok && in.info.Types[call.Fun].IsType() {
			return false
		}
	default:
		return false
	}
	if !isBoolean(in.info.Types[e].Type) {
		return false
	}
	switch parent := above[len(above)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.AssignStmt:
		return len(parent.Lhs) == len(parent.Rhs)
	case *ast.CallExpr:
		return parent.Fun != e
	case *ast.KeyValueExpr:
		return parent.Value == e
	}
	return false
}

func isBoolean(t types.Type) bool { return hasInfo(t, types.IsBoolean) }

func hasInfo(t types.Type, info types.BasicInfo) bool {
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&info != 0
}

// mutateCase drops items of a switch with a tag, and forces the conditions of
// one without.
func (in *instrumenter) mutateCase(clause *ast.CaseClause, above []ast.Node) {
	statement, ok := above[len(above)-2].(*ast.SwitchStmt)
	if !ok {
		return // a type switch
	}
	for _, item := range clause.List {
		if statement.Tag == nil {
			in.force(item, OpNever, OpAlways)
			continue
		}
		absent, t := "Absent", in.info.Types[statement.Tag].Type
		if !hasInfo(t, types.IsString) {
			absent = "AbsentNumber"
		}
		in.wrap(item, fmt.Sprintf("%s.%s[%s](%d, ", pointName, absent, in.typeText(t), in.plant(OpDropItem, item)), ")")
	}
}

func (in *instrumenter) mutateBinary(n *ast.BinaryExpr) {
	x, y := in.text(in.file, n.X), in.text(in.file, n.Y)
	switch n.Op {
	case token.LAND, token.LOR:
		other := "||"
		if n.Op == token.LOR {
			other = "&&"
		}
		id := in.plant(OpSwapLogic, n)
		in.wrap(n, fmt.Sprintf("(%[1]s.On(%[2]d) && ((%[3]s) %[4]s (%[5]s)) || !%[1]s.On(%[2]d) && (", pointName, id, x, other, y), "))")
		for _, operand := range []ast.Expr{n.X, n.Y} {
			if inner, ok := operand.(*ast.BinaryExpr); ok && inner.Op == n.Op {
				continue // a part of the chain, which drops its own
			}
			if n.Op == token.LAND {
				in.wrap(operand, "(", fmt.Sprintf(" || %s.On(%d))", pointName, in.plant(OpDropOperand, operand)))
			} else {
				in.wrap(operand, "((", fmt.Sprintf(") && !%s.On(%d))", pointName, in.plant(OpDropOperand, operand)))
			}
		}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		in.wrap(n, "((", fmt.Sprintf(") != (%s.On(%d) && (%s) == (%s)))", pointName, in.plant(OpBoundary, n), x, y))
		// A constant that is one more changes the answer for one value alone: a
		// type of its own isn't needed for that.
		constantSide, otherSide, more := y, x, n.Op == token.GTR || n.Op == token.LEQ
		if in.info.Types[n.X].Value != nil {
			constantSide, otherSide, more = x, y, n.Op == token.LSS || n.Op == token.GEQ
		} else if in.info.Types[n.Y].Value == nil {
			return
		}
		if !hasInfo(in.info.Types[n.X].Type, types.IsInteger) {
			return
		}
		if more {
			constantSide += " + 1"
		}
		in.wrap(n, "((", fmt.Sprintf(") != (%s.On(%d) && (%s) == (%s)))", pointName, in.plant(OpOffByOne, n), otherSide, constantSide))
	}
}

// mutateConstant negates true and false, adds one to numbers, and puts other
// strings in the place of those that are written out.
func (in *instrumenter) mutateConstant(n ast.Expr, above []ast.Node) {
	value := in.info.Types[n]
	parent, _ := above[len(above)-1].(ast.Expr)
	if value.Value == nil || parent != nil && in.info.Types[parent].Value != nil {
		return // the whole constant is mutated, not its parts
	}
	switch {
	case isBoolean(value.Type):
		in.wrap(n, "(", fmt.Sprintf(" != %s.On(%d))", pointName, in.plant(OpNegate, n)))
	case isNumber(value.Type) && mayAddOne(n, above):
		in.wrap(n, fmt.Sprintf("%s.More[%s](%d, ", pointName, in.typeText(value.Type), in.plant(OpOffByOne, n)), ")")
	case hasInfo(value.Type, types.IsString):
		if _, literal := n.(*ast.BasicLit); literal && isHandedOver(n, above) && constant.StringVal(value.Value) != "" {
			in.wrap(n, fmt.Sprintf("%s.Other(%d, ", pointName, in.plant(OpOtherString, n)), ")")
		}
	}
}

// isNumber reports whether a type counts something; a name's own type is that of
// an enumeration, but for the standard library's.
func isNumber(t types.Type) bool {
	named, ok := t.(*types.Named)
	return hasInfo(t, types.IsInteger) && (!ok || named.String() == "time.Duration")
}

// isHandedOver reports whether n is an argument, or a part of a composite value.
func isHandedOver(n ast.Expr, above []ast.Node) bool {
	switch parent := above[len(above)-1].(type) {
	case *ast.CallExpr, *ast.CompositeLit:
		return true
	case *ast.KeyValueExpr:
		return parent.Value == n
	}
	return false
}

// mayAddOne reports whether a number can be another one: it isn't part of a
// comparison, whose own mutants are stronger, and need not be constant.
func mayAddOne(n ast.Expr, above []ast.Node) bool {
	for i := len(above) - 1; i >= 0; i-- {
		switch parent := above[i].(type) {
		case *ast.BinaryExpr:
			switch parent.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
				return false
			}
		case *ast.ParenExpr:
		case *ast.ArrayType, *ast.CaseClause:
			return false
		case *ast.KeyValueExpr:
			return parent.Value == n || i < len(above)-1 // an index of an array is constant
		case *ast.SliceExpr:
			return parent.High != n // x[:0] and the like empty a buffer
		default:
			return true
		}
	}
	return true
}

// typeText names a type as the file at hand does.
func (in *instrumenter) typeText(t types.Type) string {
	return types.TypeString(types.Default(t), func(p *types.Package) string {
		if p == in.types {
			return ""
		}
		return p.Name()
	})
}

func (in *instrumenter) mutateAssignment(n *ast.AssignStmt, above []ast.Node) {
	if n.Tok == token.DEFINE {
		return
	}
	for _, value := range n.Rhs {
		if call, ok := value.(*ast.CallExpr); ok && in.isOutsideCall(call) {
			return // memory
		}
	}
	in.dropStatement(n, above)
}

// dropStatement leaves a statement out, where it is one of a list.
func (in *instrumenter) dropStatement(n ast.Stmt, above []ast.Node) {
	switch above[len(above)-1].(type) {
	case *ast.BlockStmt, *ast.CaseClause:
	default:
		return // the clause of a for, an if or a switch
	}
	if e, ok := n.(*ast.ExprStmt); ok {
		if call, ok := e.X.(*ast.CallExpr); ok && in.isOutsideCall(call) {
			return
		}
	}
	in.wrap(n, fmt.Sprintf("if !%s.On(%d) { ", pointName, in.plant(OpDropStatement, n)), " }")
}

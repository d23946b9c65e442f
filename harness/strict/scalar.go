package strict

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

func (d *Decoder) decodeScalar(n ast.Node, out reflect.Value, path string) {
	text, ok := ScalarText(n)
	if !ok {
		d.Fail(n, path, "is %s; expected %s%s", KindOf(n), wanted(out.Type()), quoteHint(n))
		return
	}
	replaced := false
	if d.Replace != nil {
		text, replaced = d.Replace(n, text, path)
	}
	if kind := out.Kind(); (kind == reflect.Int || kind == reflect.Bool) && !replaced && isQuoted(n) {
		d.Fail(n, path, "is a string because it is in quotes; expected %s", wanted(out.Type()))
		return
	}
	switch out.Kind() {
	case reflect.String:
		if _, isString := n.(*ast.StringNode); !isString && !replaced {
			switch n.(type) {
			case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
				d.Fail(n, path, "is %s; expected a string: write it in quotes", KindOf(n))
				return
			}
		}
		out.SetString(text)
	case reflect.Int:
		if plain := strings.TrimLeft(text, "+-0"); len(text) > 1 && strings.Trim(plain, "0123456789") == "" && strings.HasPrefix(strings.TrimLeft(text, "+-"), "0") {
			d.Fail(n, path, "is %q, which some YAML parsers read as octal; write it without leading zeros: %s", text, cmp.Or(plain, "0"))
			return
		}
		v, err := strconv.Atoi(text)
		if err != nil {
			d.Fail(n, path, "is %q; expected a number", text)
			return
		}
		out.SetInt(int64(v))
	case reflect.Bool:
		if text != "true" && text != "false" {
			d.Fail(n, path, "is %q; expected true or false", text)
			return
		}
		out.SetBool(text == "true")
	}
}

// isQuoted reports whether a scalar stands in quotes, and so is a string.
func isQuoted(n ast.Node) bool {
	t := n.GetToken()
	return t != nil && (t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType)
}

// ScalarText returns the text of a scalar that isn't null.
func ScalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return n.String(), true
	case *ast.MappingValueNode:
		return glued(n)
	case *ast.MappingNode:
		if len(n.Values) == 1 && n.Start != nil && n.Start.Type != token.MappingStartType {
			return glued(n.Values[0])
		}
	}
	return "", false
}

// glued puts together what the parser took apart: in a list inside of braces it
// reads "http://localhost:3000" as a mapping, though a colon that no space
// follows is a part of the word (YAML 1.2, section 7.3.3).
func glued(n *ast.MappingValueNode) (string, bool) {
	key, ok := n.Key.(*ast.StringNode)
	value := n.Value.GetToken()
	if !ok || value == nil || n.Start == nil || value.Value == "" {
		return "", false
	}
	at, colon, after := key.GetToken().Position, n.Start.Position, value.Position
	if colon.Line != at.Line || after.Line != at.Line ||
		colon.Column != at.Column+len([]rune(key.Value)) || after.Column != colon.Column+1 {
		return "", false
	}
	return key.Value + ":" + value.Value, true
}

func isScalar(n ast.Node) bool {
	_, ok := ScalarText(n)
	return ok
}

// KindOf returns the kind of a node for messages, as in "a list".
func KindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "a string"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		return "empty"
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return "an anchor or alias, which is not supported"
	case *ast.TagNode:
		return "a tag, which is not supported"
	}
	return "a value of another kind"
}

// quoteHint says what to do about a word that YAML takes for something else.
func quoteHint(n ast.Node) string {
	switch n := n.(type) {
	case *ast.NullNode:
		if n.GetToken() != nil && n.GetToken().Value == "null" {
			return `; for the word itself, write "null" in quotes`
		}
	case *ast.AliasNode:
		return starHint
	}
	return ""
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a string"
}

package strict

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	goccy "github.com/goccy/go-yaml/token"
)

// Parse reads a file that holds one document. If it isn't YAML, or not one
// document, the root is nil and the decoder has the mistake.
func Parse(name string, data []byte) (*Decoder, ast.Node) {
	d := &Decoder{File: name}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		d.failSyntax(err)
		return d, nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		d.Fail(nil, "", "has %d documents; expected one that is not empty", len(file.Docs))
		return d, nil
	}
	return d, file.Docs[0].Body
}

func (d *Decoder) failSyntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		d.Fail(nil, "", "is not YAML: %v", err)
		return
	}
	token := syntax.GetToken()
	at := Position{File: d.File, Line: token.Position.Line, Column: token.Position.Column}
	hint := ""
	if token.Type == goccy.AliasType || token.Prev != nil && token.Prev.Type == goccy.AliasType {
		hint = starHint
	}
	d.FailAt(at, token.Value, "is not YAML: %s%s", syntax.GetMessage(), hint)
}

// starHint explains what most often goes wrong with a value that begins with a
// star, which YAML takes for an alias.
const starHint = "; a value that begins with * stands in quotes"

package strict

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	goccy "github.com/goccy/go-yaml/token"
)

// Parse reads a file that holds one document. If it isn't YAML, or not one
// document, the root is nil and the decoder has the mistake.
func Parse(name string, data []byte) (*Decoder, ast.Node) {
	d := &Decoder{File: name}
	file, err := Tree(data)
	if err != nil {
		d.failSyntax(err)
		return d, nil
	}
	start := Position{File: name, Line: 1, Column: 1}
	switch {
	case len(file.Docs) > 1:
		if second := file.Docs[1].Start; second != nil {
			start.Line, start.Column = second.Position.Line, second.Position.Column
		}
		d.FailAt(start, "", "begins a second document, of which nothing would be read; write each into a file of its own")
		return d, nil
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		d.FailAt(start, "", "is empty: nothing is written in it, but comments perhaps")
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

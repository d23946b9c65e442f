package strict

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	goccy "github.com/goccy/go-yaml/token"
)

// Parse reads a file with one document. If it is not YAML, or not one document, the root
// is nil and the decoder has the mistake.
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
		d.FailAt(start, "", "second YAML document in one file; write each document to its own file")
		return d, nil
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		d.FailAt(start, "", "the file is empty or has only comments")
		return d, nil
	}
	return d, file.Docs[0].Body
}

func (d *Decoder) failSyntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		d.Fail(nil, "", "invalid YAML: %v", err)
		return
	}
	token := syntax.GetToken()
	at := Position{File: d.File, Line: token.Position.Line, Column: token.Position.Column}
	hint := ""
	if token.Type == goccy.AliasType || token.Prev != nil && token.Prev.Type == goccy.AliasType {
		hint = starHint
	}
	d.FailAt(at, token.Value, "invalid YAML: %s%s", syntax.GetMessage(), hint)
}

// starHint explains what most often goes wrong with a value that begins with a
// star, which YAML takes for an alias.
const starHint = "; put a value that begins with * in quotes"

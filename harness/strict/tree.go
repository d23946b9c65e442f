package strict

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// mostNested is how deep values may stand in each other: the parser takes time and
// memory for the square of it.
const mostNested = 500

// Tree parses YAML with any number of documents. It accepts a byte order mark and the
// line ends of Windows; lines and columns do not count the mark. An error with a position
// is a [yaml.SyntaxError].
func Tree(data []byte) (*ast.File, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if err := unprintable(data); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))))
	if t := tooDeep(tokens); t != nil {
		return nil, &yaml.SyntaxError{Message: "values are nested more than 500 deep", Token: t}
	}
	return parser.Parse(tokens, 0)
}

// byteOrderMark may stand before YAML:
// https://yaml.org/spec/1.2.2/#52-character-encodings.
const byteOrderMark = "\ufeff"

// unprintable is an error about the first byte that YAML may not have:
// https://yaml.org/spec/1.2.2/#51-character-set.
func unprintable(data []byte) error {
	at := token.Position{Line: 1, Column: 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		message := ""
		switch {
		case r == utf8.RuneError && size == 1:
			message = fmt.Sprintf("the byte 0x%02x is not valid UTF-8", data[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			message = fmt.Sprintf("the control character %+q is not allowed; write it as an escape in double quotes", r)
		}
		if message != "" {
			return &yaml.SyntaxError{Message: message, Token: &token.Token{Position: &at}}
		}
		if at.Column++; r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
		i += size
	}
	return nil
}

// tooDeep returns a token that is more than mostNested deep; nil if there is none.
func tooDeep(tokens token.Tokens) *token.Token {
	var columns []int // of the blocks around a token
	brackets := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if brackets > 0 {
				continue
			}
			column := t.Position.Column
			if t.Type == token.MappingValueType && t.Prev != nil {
				column = t.Prev.Position.Column // of the key
			}
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, column)
		}
		if brackets+len(columns) > mostNested {
			return t
		}
	}
	return nil
}

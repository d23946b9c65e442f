package envoy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/corsproof/corsproof/harness/strict"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A yamlFile is a YAML file whose nodes have places in its bytes.
type yamlFile struct {
	source  *adapter.Source
	root    ast.Node
	lines   []int                       // where each begins
	aliases map[*ast.AliasNode]ast.Node // what each stands for
}

func parseYAML(s *adapter.Source) (*yamlFile, error) {
	parsed, err := strict.Tree(s.Text)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			return nil, fmt.Errorf("%s:%d: invalid YAML: %s", s.Name, syntax.GetToken().Position.Line, syntax.GetMessage())
		}
		return nil, fmt.Errorf("%s: invalid YAML: %w", s.Name, err)
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s: has %d YAML documents; Envoy requires exactly one, not empty", s.Name, len(parsed.Docs))
	}
	f := &yamlFile{source: s, root: parsed.Docs[0].Body, lines: []int{0}, aliases: map[*ast.AliasNode]ast.Node{}}
	if mark := "\ufeff"; bytes.HasPrefix(s.Text, []byte(mark)) {
		f.lines[0] = len(mark)
	}
	for i, c := range s.Text {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	anchors := map[string]ast.Node{} // those before a place
	ast.Walk(yamlVisitor(func(n ast.Node) {
		switch t := n.(type) {
		case *ast.AnchorNode:
			anchors[t.Name.GetToken().Value] = t.Value
		case *ast.AliasNode:
			f.aliases[t] = anchors[t.Value.GetToken().Value]
		}
	}), f.root)
	_, err = (&yamlSize{file: f, of: map[ast.Node]int{}}).measure(f.root)
	return f, err
}

type yamlVisitor func(ast.Node)

func (v yamlVisitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

// resolve returns the node that stands behind anchors, aliases and tags; nil behind an
// alias for nothing.
func (f *yamlFile) resolve(n ast.Node) ast.Node {
	for {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.TagNode:
			n = t.Value
		case *ast.AliasNode:
			n = f.aliases[t]
		default:
			return n
		}
	}
}

// fields returns the entries of a mapping; none if n is something else.
func (f *yamlFile) fields(n ast.Node) []*ast.MappingValueNode {
	switch t := f.resolve(n).(type) {
	case *ast.MappingNode:
		return t.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{t}
	}
	return nil
}

// items returns the entries of a sequence; none if n is something else.
func (f *yamlFile) items(n ast.Node) []ast.Node {
	if s, ok := f.resolve(n).(*ast.SequenceNode); ok {
		return s.Values
	}
	return nil
}

// field returns the entry of a mapping that path leads to; nil if there is none.
func (f *yamlFile) field(n ast.Node, path ...string) *ast.MappingValueNode {
	for i, key := range path {
		var found *ast.MappingValueNode
		for _, e := range f.fields(n) {
			if yamlKey(e) == key {
				found = e
			}
		}
		if found == nil || i == len(path)-1 {
			return found
		}
		n = found.Value
	}
	return nil
}

// value returns the value that path leads to; nil if there is none.
func (f *yamlFile) value(n ast.Node, path ...string) ast.Node {
	if e := f.field(n, path...); e != nil {
		return e.Value
	}
	return nil
}

// text returns the scalar that path leads to, as it is written without quotes;
// empty if there is none.
func (f *yamlFile) text(n ast.Node, path ...string) string {
	if len(path) > 0 {
		n = f.value(n, path...)
	}
	switch t := f.resolve(n).(type) {
	case nil, *ast.NullNode, *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		return ""
	case *ast.LiteralNode:
		return t.Value.Value
	default:
		return t.GetToken().Value
	}
}

func yamlKey(e *ast.MappingValueNode) string { return e.Key.GetToken().Value }

// offset returns where a token begins.
func (f *yamlFile) offset(t *token.Token) int {
	at := f.lines[min(t.Position.Line, len(f.lines))-1]
	for range t.Position.Column - 1 {
		_, size := utf8.DecodeRune(f.source.Text[at:])
		at += size
	}
	return at
}

// span returns the bytes of a node, anchor and tag included.
func (f *yamlFile) span(n ast.Node) (start, end int, err error) {
	start, end = f.start(n), f.end(n)
	if end < start || end > len(f.source.Text) {
		return start, 0, fmt.Errorf("%s: cannot determine where this value ends: write it on one line", f.source.At(min(start, len(f.source.Text))))
	}
	return start, end, nil
}

func (f *yamlFile) start(n ast.Node) int {
	switch t := n.(type) {
	case *ast.MappingNode:
		if !t.IsFlowStyle && len(t.Values) > 0 {
			return f.start(t.Values[0])
		}
		return f.offset(t.Start)
	case *ast.MappingValueNode:
		return f.offset(t.Key.GetToken())
	case *ast.SequenceNode:
		return f.offset(t.Start)
	case *ast.AnchorNode:
		return f.offset(t.Start)
	case *ast.TagNode:
		return f.offset(t.Start)
	case *ast.AliasNode:
		return f.offset(t.Start)
	case *ast.LiteralNode:
		return f.offset(t.Start)
	}
	return f.offset(n.GetToken())
}

// end returns where the last byte of a node is over; -1 if that can't be told.
func (f *yamlFile) end(n ast.Node) int {
	switch t := n.(type) {
	case *ast.MappingNode:
		if t.IsFlowStyle {
			return f.offset(t.End) + 1
		}
		return f.end(t.Values[len(t.Values)-1])
	case *ast.MappingValueNode:
		if _, null := t.Value.(*ast.NullNode); null && t.Value.GetToken().Value == "" {
			return f.offset(t.Start) + 1 // its colon
		}
		return f.end(t.Value)
	case *ast.SequenceNode:
		if t.IsFlowStyle {
			return f.offset(t.End) + 1
		}
		return f.end(t.Values[len(t.Values)-1])
	case *ast.AnchorNode:
		return f.end(t.Value)
	case *ast.TagNode:
		return f.end(t.Value)
	case *ast.AliasNode:
		return f.offset(t.Value.GetToken()) + len(t.Value.GetToken().Value)
	case *ast.LiteralNode:
		return f.literalEnd(t)
	}
	return f.scalarEnd(n.GetToken())
}

// scalarEnd returns where a scalar that stands on one line, or in quotes, ends.
func (f *yamlFile) scalarEnd(t *token.Token) int {
	text, start := f.source.Text, f.offset(t)
	switch t.Type {
	case token.SingleQuoteType:
		for i := start + 1; i < len(text); i++ {
			switch {
			case text[i] != '\'':
			case i+1 < len(text) && text[i+1] == '\'':
				i++
			default:
				return i + 1
			}
		}
		return -1
	case token.DoubleQuoteType:
		for i := start + 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return -1
	}
	if !bytes.HasPrefix(text[start:], []byte(t.Value)) {
		return -1
	}
	return start + len(t.Value)
}

// literalEnd returns where a block scalar ends: before the first line that is
// indented less than its first one.
func (f *yamlFile) literalEnd(n *ast.LiteralNode) int {
	line := n.Start.Position.Line // the number of the next line, counted from 0
	end, indent := f.offset(n.Start)+1, -1
	for ; line < len(f.lines); line++ {
		next := len(f.source.Text)
		if line+1 < len(f.lines) {
			next = f.lines[line+1]
		}
		text := strings.TrimRight(string(f.source.Text[f.lines[line]:next]), "\r\n")
		spaces := len(text) - len(strings.TrimLeft(text, " "))
		switch {
		case strings.TrimSpace(text) == "":
			continue
		case indent < 0:
			indent = spaces
		case spaces < indent:
			return end
		}
		end = f.lines[line] + len(text)
	}
	return end
}

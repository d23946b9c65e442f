package pasted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/corsproof/corsproof/harness/strict"
)

// A jsonNode is a JSON value with the place where it stands, which encoding/json
// keeps to itself.
type jsonNode struct {
	// value is a string, json.Number, bool or nil; of a list or an object, the
	// delimiter that opens it.
	value any
	// offset is in the data that was parsed.
	offset int
	items  []*jsonNode // of a list
	fields []jsonField // of an object, in order
}

type jsonField struct {
	key    string
	offset int
	node   *jsonNode
}

// deepest is how deep values may stand in each other. Chrome nests the stack of
// each asynchronous caller in that of the next.
const deepest = 1000

// parseJSON parses one JSON value. The offset is that of the mistake.
func parseJSON(data []byte) (node *jsonNode, offset int, err error) {
	p := &jsonParser{data: data, d: json.NewDecoder(bytes.NewReader(data))}
	p.d.UseNumber()
	node, err = p.value(0)
	if err == nil {
		if _, more := p.d.Token(); more != io.EOF {
			return nil, p.next(), errors.New("more follows the JSON value")
		}
		return node, 0, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, len(data), errors.New("the JSON ends in the middle of a value")
	case errors.As(err, &syntax):
		return nil, p.next(), fmt.Errorf("is not JSON: %s", syntax)
	}
	return nil, p.next(), err
}

type jsonParser struct {
	data []byte
	d    *json.Decoder
}

// next returns the offset at which the next token starts.
func (p *jsonParser) next() int {
	at := int(p.d.InputOffset())
	for at < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[at]) >= 0 {
		at++
	}
	return at
}

func (p *jsonParser) value(depth int) (*jsonNode, error) {
	if depth > deepest {
		return nil, fmt.Errorf("values stand more than %d deep in each other", deepest)
	}
	at := p.next()
	token, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	n := &jsonNode{value: token, offset: at}
	switch token {
	case json.Delim('['):
		for p.d.More() {
			item, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		_, err = p.d.Token()
	case json.Delim('{'):
		for p.d.More() {
			f := jsonField{offset: p.next()}
			key, err := p.d.Token()
			if err != nil {
				return nil, err
			}
			f.key, _ = key.(string)
			if f.node, err = p.value(depth + 1); err != nil {
				return nil, err
			}
			n.fields = append(n.fields, f)
		}
		_, err = p.d.Token()
	}
	return n, err
}

// field returns the value of a key, nil if it is missing or null.
func (n *jsonNode) field(key string) *jsonNode {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.key == key && f.node.value != nil {
			return f.node
		}
	}
	return nil
}

func (n *jsonNode) isObject() bool { return n != nil && n.value == json.Delim('{') }
func (n *jsonNode) isList() bool   { return n != nil && n.value == json.Delim('[') }

// kind words what kind of value a node is.
func (n *jsonNode) kind() string {
	switch n.value.(type) {
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case json.Delim:
		if n.isList() {
			return "a list"
		}
		return "an object"
	}
	return "null"
}

// A jsonReader takes values out of nodes, and keeps the first mistake.
type jsonReader struct {
	// place turns an offset into line and column.
	place func(offset int) (line, column int)
	file  string
	err   *Error
}

func (r *jsonReader) fail(offset int, path, format string, args ...any) {
	if r.err != nil {
		return
	}
	line, column := r.place(offset)
	r.err = &Error{File: r.file, Line: line, Column: column, Path: path, Problem: fmt.Sprintf(format, args...)}
}

// text returns a string; empty if the key is missing.
func (r *jsonReader) text(n *jsonNode, path, key string) string {
	v := n.field(key)
	if v == nil {
		return ""
	}
	s, ok := v.value.(string)
	if !ok {
		r.fail(v.offset, strict.Join(path, key), "is %s; expected a string", v.kind())
	}
	return s
}

// number returns a whole number; 0 if the key is missing.
func (r *jsonReader) number(n *jsonNode, path, key string) int {
	v := n.field(key)
	if v == nil {
		return 0
	}
	number, ok := v.value.(json.Number)
	if !ok {
		r.fail(v.offset, strict.Join(path, key), "is %s; expected a number", v.kind())
		return 0
	}
	whole, err := number.Int64()
	if err != nil || whole < -1 || whole > 1<<40 {
		r.fail(v.offset, strict.Join(path, key), "expected a whole number")
		return 0
	}
	return int(whole)
}

// list returns the items of a list; none if the key is missing.
func (r *jsonReader) list(n *jsonNode, path, key string) []*jsonNode {
	v := n.field(key)
	if v != nil && !v.isList() {
		r.fail(v.offset, strict.Join(path, key), "is %s; expected a list", v.kind())
		return nil
	}
	if v == nil {
		return nil
	}
	return v.items
}

// object returns an object; nil if the key is missing.
func (r *jsonReader) object(n *jsonNode, path, key string) *jsonNode {
	v := n.field(key)
	if v != nil && !v.isObject() {
		r.fail(v.offset, strict.Join(path, key), "is %s; expected an object", v.kind())
		return nil
	}
	return v
}

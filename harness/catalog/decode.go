package catalog

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// An Error is one mistake in a case file.
type Error struct {
	File         string
	Line, Column int
	// Path is where it is in the file, as in "cases[2].expect.type".
	Path string
	// Problem says what is wrong and what was expected.
	Problem string
}

// Error returns "file:line:column: path: problem".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", e.File, e.Line, e.Column, e.Path, e.Problem)
}

// A decoder fills Go values from a YAML tree and collects every mistake.
type decoder struct {
	file   string
	errors []error
	// row is the row of the table, nil outside a table; used are its names
	// that were asked for.
	row  map[string][]string
	used map[string]bool
	// partial: the present case could not be decoded whole.
	partial bool
}

var placeholder = regexp.MustCompile(`\$\{([a-z0-9-]+)\}`)

func (d *decoder) fail(n ast.Node, path, format string, args ...any) {
	e := &Error{File: d.file, Path: path, Problem: fmt.Sprintf(format, args...)}
	if n != nil {
		position := n.GetToken().Position
		e.Line, e.Column = position.Line, position.Column
	}
	d.errors = append(d.errors, e)
}

// decode fills out, which can be set, from n.
func (d *decoder) decode(n ast.Node, out reflect.Value, path string) {
	switch out.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(out.Type().Elem()))
		d.decode(n, out.Elem(), path)
	case reflect.Struct:
		d.decodeStruct(n, out, path)
	case reflect.Slice:
		d.decodeSlice(n, out, path)
	case reflect.Map:
		d.decodeMap(n, out, path)
	default:
		d.decodeScalar(n, out, path)
	}
}

// mapping returns the entries of a mapping; of one entry, YAML's parser makes
// no mapping node of its own.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (d *decoder) decodeStruct(n ast.Node, out reflect.Value, path string) {
	entries, ok := mapping(n)
	if !ok {
		d.fail(n, path, "is %s; expected a mapping with %s", kindOf(n), strings.Join(keys(out.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key := entry.Key.String()
		field, ok := fieldByKey(out, key)
		switch {
		case !ok:
			d.fail(entry.Key, join(path, key), "unknown key%s; known are %s", suggestion(key, keys(out.Type())), strings.Join(keys(out.Type()), ", "))
		case seen[key]:
			d.fail(entry.Key, join(path, key), "is written twice")
		default:
			d.decode(entry.Value, field, join(path, key))
		}
		seen[key] = true
	}
}

func (d *decoder) decodeSlice(n ast.Node, out reflect.Value, path string) {
	// A row of a table may say one thing instead of a list of one.
	sequence, ok := n.(*ast.SequenceNode)
	if !ok && out.Type() == reflect.TypeFor[[]string]() && isScalar(n) {
		item := reflect.New(out.Type().Elem()).Elem()
		d.decode(n, item, path)
		out.Set(reflect.Append(out, item))
		return
	}
	if !ok {
		d.fail(n, path, "is %s; expected a list", kindOf(n))
		return
	}
	for i, value := range sequence.Values {
		itemPath := path + "[" + strconv.Itoa(i) + "]"
		if list, ok := d.spread(value); ok {
			for _, text := range list {
				item := reflect.New(out.Type().Elem()).Elem()
				item.SetString(text)
				out.Set(reflect.Append(out, item))
			}
			continue
		}
		item := reflect.New(out.Type().Elem()).Elem()
		d.decode(value, item, itemPath)
		out.Set(reflect.Append(out, item))
	}
}

// spread returns what the row has for an item that is nothing but ${name}.
func (d *decoder) spread(n ast.Node) ([]string, bool) {
	text, ok := scalarText(n)
	if !ok || d.row == nil {
		return nil, false
	}
	m := placeholder.FindStringSubmatch(text)
	if m == nil || m[0] != text {
		return nil, false
	}
	list, ok := d.row[m[1]]
	d.used[m[1]] = true
	return list, ok
}

func (d *decoder) decodeMap(n ast.Node, out reflect.Value, path string) {
	entries, ok := mapping(n)
	if !ok {
		d.fail(n, path, "is %s; expected a mapping", kindOf(n))
		return
	}
	out.Set(reflect.MakeMap(out.Type()))
	for _, entry := range entries {
		value := reflect.New(out.Type().Elem()).Elem()
		d.decode(entry.Value, value, join(path, entry.Key.String()))
		out.SetMapIndex(reflect.ValueOf(entry.Key.String()), value)
	}
}

func (d *decoder) decodeScalar(n ast.Node, out reflect.Value, path string) {
	text, ok := scalarText(n)
	if !ok {
		d.fail(n, path, "is %s; expected %s", kindOf(n), wanted(out.Type()))
		return
	}
	text, replaced := d.substitute(n, text, path)
	switch out.Kind() {
	case reflect.String:
		if _, isString := n.(*ast.StringNode); !isString && !replaced {
			if _, isLiteral := n.(*ast.LiteralNode); !isLiteral {
				d.fail(n, path, "is %s; expected a string: write it in quotes", kindOf(n))
				return
			}
		}
		out.SetString(text)
	case reflect.Int:
		v, err := strconv.Atoi(text)
		if err != nil {
			d.fail(n, path, "is %q; expected a number", text)
			return
		}
		out.SetInt(int64(v))
	case reflect.Bool:
		if text != "true" && text != "false" {
			d.fail(n, path, "is %q; expected true or false", text)
			return
		}
		out.SetBool(text == "true")
	}
}

// substitute replaces each ${name} by what the row says.
func (d *decoder) substitute(n ast.Node, text, path string) (string, bool) {
	if d.row == nil {
		return text, false
	}
	replaced := false
	text = placeholder.ReplaceAllStringFunc(text, func(m string) string {
		name := placeholder.FindStringSubmatch(m)[1]
		list, ok := d.row[name]
		if !ok {
			d.fail(n, path, "%s is in no column of the table's row", m)
			return m
		}
		d.used[name], replaced = true, true
		return strings.Join(list, ",")
	})
	return text, replaced
}

func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return n.String(), true
	}
	return "", false
}

func isScalar(n ast.Node) bool {
	_, ok := scalarText(n)
	return ok
}

func kindOf(n ast.Node) string {
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
	}
	return "of another kind"
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

// keys returns the keys of a struct, embedded ones included, in order.
func keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			out = append(out, keys(t.Field(i).Type)...)
		case key != "-":
			out = append(out, key)
		}
	}
	return out
}

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if options == "inline" {
			if field, ok := fieldByKey(v.Field(i), key); ok {
				return field, true
			}
		}
		if name == key && name != "-" && name != "" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// suggestion returns the key that was probably meant, worded, or nothing.
func suggestion(key string, known []string) string {
	i := slices.IndexFunc(known, func(k string) bool {
		return strings.HasPrefix(k, key) || strings.HasPrefix(key, k) || oneEdit(k, key)
	})
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", known[i])
}

// oneEdit reports whether a and b differ by one letter, more or less or other.
func oneEdit(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

package strict

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A Decoder fills Go values from a YAML tree and collects every mistake.
type Decoder struct {
	File string
	// Errors are the mistakes found so far, each an *Error.
	Errors []error

	// Replace, if set, may replace the text of a scalar. It reports whether it did; then
	// a scalar of any kind may be a string.
	Replace func(n ast.Node, text, path string) (string, bool)
	// Spread, if set, may replace one item of a list by any number of texts.
	Spread func(text string) ([]string, bool)
}

// Decode fills out, a pointer, from n, whose path is path.
func (d *Decoder) Decode(n ast.Node, out any, path string) {
	d.decode(n, reflect.ValueOf(out).Elem(), path)
}

func (d *Decoder) decode(n ast.Node, out reflect.Value, path string) {
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

// Entries returns the entries of a mapping. It is needed because YAML's parser creates no
// mapping node for a single entry.
func Entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	if isScalar(n) {
		return nil, false
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// keyText returns a key as it is meant, without the quotes around it.
func keyText(entry *ast.MappingValueNode) string {
	if text, ok := ScalarText(entry.Key); ok {
		return text
	}
	return entry.Key.String()
}

func (d *Decoder) decodeStruct(n ast.Node, out reflect.Value, path string) {
	d.setPosition(n, out, path)
	if field, ok := fieldByOption(out, "value"); ok {
		d.decode(n, field, path)
		return
	}
	entries, ok := Entries(n)
	if field, short := fieldByOption(out, "short"); !ok && short {
		d.decode(n, field, path)
		return
	}
	if !ok {
		d.Fail(n, path, "is %s; expected a mapping with %s", KindOf(n), strings.Join(Keys(out.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key := keyText(entry)
		field, ok := fieldByKey(out, key)
		switch {
		case !ok:
			d.failUnknown(entry, out.Type(), path)
		case seen[key]:
			d.Fail(entry.Key, Join(path, key), "duplicate key; remove one of the two")
		default:
			d.decode(entry.Value, field, Join(path, key))
		}
		seen[key] = true
	}
}

func (d *Decoder) failUnknown(entry *ast.MappingValueNode, t reflect.Type, path string) {
	key := keyText(entry)
	d.Fail(entry.Key, Join(path, key), "unknown key%s; known are %s", Suggestion(key, Keys(t)), strings.Join(Keys(t), ", "))
}

func (d *Decoder) setPosition(n ast.Node, out reflect.Value, path string) {
	if field, ok := fieldByOption(out, "position"); ok {
		field.Set(reflect.ValueOf(d.position(n, path)))
	}
}

func (d *Decoder) decodeSlice(n ast.Node, out reflect.Value, path string) {
	if isKeyed(out.Type()) {
		d.decodeKeyed(n, out, path)
		return
	}
	// One string may stand for a list of one, so that a row of a table can say
	// either.
	sequence, ok := n.(*ast.SequenceNode)
	if !ok && out.Type() == reflect.TypeFor[[]string]() && isScalar(n) {
		item := reflect.New(out.Type().Elem()).Elem()
		d.decode(n, item, path)
		out.Set(reflect.Append(out, item))
		return
	}
	if !ok {
		d.Fail(n, path, "is %s; expected a list", KindOf(n))
		return
	}
	// A list that is there and empty isn't nil.
	out.Set(reflect.MakeSlice(out.Type(), 0, len(sequence.Values)))
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

func (d *Decoder) spread(n ast.Node) ([]string, bool) {
	text, ok := ScalarText(n)
	if !ok || d.Spread == nil {
		return nil, false
	}
	return d.Spread(text)
}

// decodeKeyed decodes a mapping into a list, in the file's order.
func (d *Decoder) decodeKeyed(n ast.Node, out reflect.Value, path string) {
	entries, ok := Entries(n)
	if !ok {
		d.Fail(n, path, "is %s; expected a mapping with names as keys", KindOf(n))
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), 0, len(entries)))
	seen := map[string]bool{}
	for _, entry := range entries {
		key := keyText(entry)
		if seen[key] {
			d.Fail(entry.Key, Join(path, key), "duplicate key; remove one of the two")
			continue
		}
		seen[key] = true
		item := reflect.New(out.Type().Elem()).Elem()
		d.decode(entry.Value, item, Join(path, key))
		field, _ := fieldByOption(item, "key")
		field.SetString(key)
		d.setPosition(entry.Key, item, Join(path, key))
		out.Set(reflect.Append(out, item))
	}
}

func (d *Decoder) decodeMap(n ast.Node, out reflect.Value, path string) {
	entries, ok := Entries(n)
	if !ok {
		d.Fail(n, path, "is %s; expected a mapping", KindOf(n))
		return
	}
	out.Set(reflect.MakeMap(out.Type()))
	for _, entry := range entries {
		key := keyText(entry)
		value := reflect.New(out.Type().Elem()).Elem()
		d.decode(entry.Value, value, Join(path, key))
		out.SetMapIndex(reflect.ValueOf(key), value)
	}
}

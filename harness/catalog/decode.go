package catalog

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/strict"
)

// An Error is one mistake in a case file.
type Error = strict.Error

// A decoder is strict about case files, and puts in what a table's row says.
type decoder struct {
	*strict.Decoder
	// row is the row of the table, nil outside a table; used are its names
	// that were asked for.
	row  map[string][]string
	used map[string]bool
	// partial: the present case could not be decoded whole.
	partial bool
}

func newDecoder(d *strict.Decoder) *decoder {
	out := &decoder{Decoder: d}
	d.Replace, d.Spread = out.substitute, out.spread
	return out
}

var placeholder = regexp.MustCompile(`\$\{([a-z0-9-]+)\}`)

// spread returns what the row has for an item that is nothing but ${name}.
func (d *decoder) spread(text string) ([]string, bool) {
	if d.row == nil {
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
			d.Fail(n, path, "the table's row has no column %s", m)
			return m
		}
		d.used[name], replaced = true, true
		return strings.Join(list, ",")
	})
	return text, replaced
}

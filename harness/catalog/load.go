package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/strict"
)

//go:embed cases/*.yaml
var builtin embed.FS

// Builtin returns the cases that are part of the program, in the order of their files.
// The caller owns the slice.
func Builtin() ([]Case, error) {
	files, err := fs.Sub(builtin, "cases")
	if err != nil {
		return nil, err
	}
	cases, err := Load(files, ".")
	for i := range cases {
		cases[i].Builtin = true
	}
	return cases, err
}

// File returns the name of the file with the case.
func (c *Case) File() string {
	file := c.Position
	for range 2 { // line and column
		if i := strings.LastIndexByte(file, ':'); i >= 0 {
			file = file[:i]
		}
	}
	return file
}

// Load reads all case files below root, in the order of their names. If they have
// mistakes, it returns no cases, and the error joins an [*Error] for each mistake.
func Load(files fs.FS, root string) ([]Case, error) {
	var cases []Case
	var mistakes []error
	err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		found, errs := parse(name, data)
		cases, mistakes = append(cases, found...), append(mistakes, errs...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read case files: %w", err)
	}
	mistakes = append(mistakes, duplicates(cases)...)
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return cases, nil
}

// Parse reads one case file. The error joins an [*Error] for each mistake.
func Parse(name string, data []byte) ([]Case, error) {
	cases, mistakes := parse(name, data)
	mistakes = append(mistakes, duplicates(cases)...)
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return cases, nil
}

func parse(name string, data []byte) ([]Case, []error) {
	yaml, root := strict.Parse(name, data)
	d := newDecoder(yaml)
	if root == nil {
		return nil, d.Errors
	}
	entries, ok := strict.Entries(root)
	if !ok {
		d.Fail(root, "", "is %s; expected a mapping with section, cases", strict.KindOf(root))
		return nil, d.Errors
	}
	var section string
	var cases []Case
	for _, entry := range entries {
		switch key := entry.Key.String(); key {
		case "section":
			d.Decode(entry.Value, &section, key)
			validateSection(d.Decoder, entry.Value, section)
		case "cases":
			list, ok := entry.Value.(*ast.SequenceNode)
			if !ok {
				d.Fail(entry.Value, key, "is %s; expected a list", strict.KindOf(entry.Value))
				continue
			}
			for i, node := range list.Values {
				cases = append(cases, d.expand(node, fmt.Sprintf("cases[%d]", i))...)
			}
		default:
			d.Fail(entry.Key, key, "unknown key%s; known are section, cases", strict.Suggestion(key, []string{"section", "cases"}))
		}
	}
	if section == "" {
		d.Fail(root, "section", "is missing; add the anchor of the section of the standard that the cases test")
	}
	return cases, d.Errors
}

// expand decodes a case, once for each row of its table.
func (d *decoder) expand(node ast.Node, path string) []Case {
	var table []map[string][]string
	if entries, ok := strict.Entries(node); ok {
		for _, entry := range entries {
			if entry.Key.String() == "table" {
				rows := len(d.Errors)
				d.Decode(entry.Value, &table, strict.Join(path, "table"))
				if len(d.Errors) > rows {
					return nil
				}
			}
		}
	}
	if table == nil {
		return d.decodeCase(node, path, nil)
	}
	var cases []Case
	for i, row := range table {
		rowPath := fmt.Sprintf("%s.table[%d]", path, i)
		if len(row["row"]) != 1 {
			d.Fail(node, rowPath, `needs the column "row", the row's name in the case's ID`)
			continue
		}
		cases = append(cases, d.decodeCase(node, path, row)...)
	}
	return cases
}

func (d *decoder) decodeCase(node ast.Node, path string, row map[string][]string) []Case {
	before := len(d.Errors)
	d.row, d.used = row, map[string]bool{"row": true}
	var c Case
	d.Decode(withoutTable(node), &c, path)
	for name := range row {
		if !d.used[name] {
			d.Fail(node, path+".table", "the column %q of row %q is not used; remove it or use it", name, row["row"][0])
		}
	}
	if row != nil {
		c.ID += "/" + row["row"][0]
	}
	d.row = nil
	position := node.GetToken().Position
	c.Position = fmt.Sprintf("%s:%d:%d", d.File, position.Line, position.Column)
	d.partial = len(d.Errors) > before
	d.validate(node, &c, path)
	return []Case{c}
}

// withoutTable returns the case without its table, whose values aren't to be
// decoded again for each row.
func withoutTable(node ast.Node) ast.Node {
	m, ok := node.(*ast.MappingNode)
	if !ok {
		return node
	}
	rest := *m
	rest.Values = slices.DeleteFunc(slices.Clone(m.Values), func(v *ast.MappingValueNode) bool {
		return v.Key.String() == "table"
	})
	return &rest
}

// duplicates finds IDs that two cases have.
func duplicates(cases []Case) []error {
	var errs []error
	first := map[string]string{}
	for _, c := range cases {
		if at, ok := first[c.ID]; ok && c.ID != "" {
			errs = append(errs, fmt.Errorf("%s: the ID %q is already used by the case at %s; choose another ID", c.Position, c.ID, at))
		}
		first[c.ID] = c.Position
	}
	return errs
}

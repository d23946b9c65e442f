// Package strict decodes YAML into Go values strictly: an unknown key, a value of
// the wrong kind and a duplicate key are mistakes. Each mistake has file, line,
// column and what was expected, and all mistakes of a file are returned at once.
//
// The entry points are [Parse] and [Decoder.Decode]:
//
//	d, root := strict.Parse("shop.yaml", data)
//	var file File
//	d.Decode(root, &file, "")
//	if len(d.Errors) > 0 { … }
//
// The tags of a struct's fields say how the fields are written in the file. Besides
// a key, as in `yaml:"methods"`, a tag may have one of these options:
//
//	`yaml:",inline"`        the keys of this struct belong to the outer mapping
//	`yaml:"allow,short"`    a value that isn't a mapping is this field's value
//	`yaml:",value"`         the same; the field has no key
//	`yaml:",key"`           in a list that is written as a mapping: the key
//	`yaml:",position"`      a [Position]: the position of the struct
//
// [Schema] generates the JSON Schema of the same types.
//
// The package does not guess or convert: a number instead of a string is a mistake.
// It follows no alias and reads no file.
package strict

// Package strict decodes YAML into Go values and is content with nothing less
// than all of it: an unknown key, a value of another kind, a key that is
// written twice, each is a mistake with file, line, column and what was
// expected, and all mistakes of a file come back at once.
//
// The entry points are [Parse] and [Decoder.Decode]:
//
//	d, root := strict.Parse("shop.yaml", data)
//	var file File
//	d.Decode(root, &file, "")
//	if len(d.Errors) > 0 { … }
//
// A struct's fields say by their tag how they stand in the file. Beside a key,
// as in `yaml:"methods"`, a tag may have one of these options:
//
//	`yaml:",inline"`        the fields of a struct stand where it stands
//	`yaml:"allow,short"`    what isn't a mapping is the value of this field alone
//	`yaml:",value"`         the same; the field has no key
//	`yaml:",key"`           in a list that is written as a mapping: the key
//	`yaml:",position"`      a [Position]: where the struct stands
//
// [Schema] makes the JSON Schema of the same types.
//
// The package refuses to guess and to convert: a number where a string is
// wanted is a mistake. It follows no alias and reads no file.
package strict

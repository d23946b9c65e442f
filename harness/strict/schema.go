package strict

import (
	"encoding/json"
	"reflect"
)

// A Schema converts Go types to a JSON Schema, for editors. The loader of a file checks
// more than the schema.
type Schema struct {
	Title string
	// Sets are the allowed values of types with a closed set.
	Sets map[reflect.Type]any
	// Items are suggested values for the items of a list, by the type of the list; other
	// values are allowed, too.
	Items map[reflect.Type]any
	// Also, if not nil, is an alternative schema for any scalar that is not a string.
	Also map[string]any
}

// Of returns the indented schema of a file that is decoded into a t. A field's tag
// doc:"…" is its description.
func (s Schema) Of(t reflect.Type) []byte {
	schema := s.of(t)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = s.Title
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return append(out, '\n')
}

func (s Schema) of(t reflect.Type) map[string]any {
	if set, ok := s.Sets[t]; ok {
		return s.or(map[string]any{"enum": set})
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.ofStruct(t)
	case reflect.Slice:
		return s.ofSlice(t)
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Int:
		return s.or(map[string]any{"type": "integer"})
	case reflect.Bool:
		return s.or(map[string]any{"type": "boolean"})
	}
	return map[string]any{"type": "string"}
}

func (s Schema) or(schema map[string]any) map[string]any {
	if s.Also == nil {
		return schema
	}
	return map[string]any{"anyOf": []any{schema, s.Also}}
}

func (s Schema) ofStruct(t reflect.Type) map[string]any {
	if i := indexByOption(t, "value"); i >= 0 {
		return s.of(t.Field(i).Type)
	}
	properties := map[string]any{}
	s.addProperties(t, properties)
	object := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if i := indexByOption(t, "short"); i >= 0 {
		return map[string]any{"anyOf": []any{object, s.of(t.Field(i).Type)}}
	}
	return object
}

func (s Schema) ofSlice(t reflect.Type) map[string]any {
	if isKeyed(t) {
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	}
	items := s.of(t.Elem())
	if known, ok := s.Items[t]; ok {
		items = map[string]any{"anyOf": []any{map[string]any{"enum": known}, items}}
	}
	list := map[string]any{"type": "array", "items": items}
	if t == reflect.TypeFor[[]string]() {
		return map[string]any{"anyOf": []any{list, map[string]any{"type": "string"}}}
	}
	return list
}

func (s Schema) addProperties(t reflect.Type, properties map[string]any) {
	for i := range t.NumField() {
		field := t.Field(i)
		key, option := tagOf(field)
		switch {
		case option == "inline":
			s.addProperties(field.Type, properties)
		case key != "-" && key != "":
			property := s.of(field.Type)
			if doc := field.Tag.Get("doc"); doc != "" {
				property["description"] = doc
			}
			properties[key] = property
		}
	}
}

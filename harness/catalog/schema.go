package catalog

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Schema returns the JSON Schema of a case file, for editors. It is made of the
// types that files are decoded into; what else a case must satisfy, [Parse]
// says.
func Schema() []byte {
	schema := schemaOf(reflect.TypeFor[File]())
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "corsproof case file"
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return append(out, '\n')
}

// closedSets are the values of the types that have no others.
var closedSets = map[reflect.Type]any{
	reflect.TypeOf(drivers[0]):     drivers,
	reflect.TypeOf(apis[0]):        apis[1:],
	reflect.TypeOf(modes[0]):       modes[1:],
	reflect.TypeOf(credentials[0]): credentials[1:],
	reflect.TypeOf(caches[0]):      caches[1:],
	reflect.TypeOf(redirects[0]):   redirects[1:],
	reflect.TypeOf(bodies[0]):      bodies[1:],
	reflect.TypeOf(embedders[0]):   embedders[1:],
	reflect.TypeOf(outcomes[0]):    outcomes,
	reflect.TypeOf(failures[0]):    failures[1:],
	reflect.TypeOf(types[0]):       types,
}

// fromTable is a placeholder of a table's column, which may stand for any
// scalar.
var fromTable = map[string]any{"type": "string", "pattern": `\$\{[a-z0-9-]+\}`}

func schemaOf(t reflect.Type) map[string]any {
	if set, ok := closedSets[t]; ok {
		return map[string]any{"anyOf": []any{map[string]any{"enum": set}, fromTable}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		properties := map[string]any{}
		addProperties(t, properties)
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	case reflect.Slice:
		list := map[string]any{"type": "array", "items": schemaOf(t.Elem())}
		if t == reflect.TypeFor[[]string]() {
			return map[string]any{"anyOf": []any{list, map[string]any{"type": "string"}}}
		}
		return list
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Int:
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer"}, fromTable}}
	case reflect.Bool:
		return map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, fromTable}}
	}
	return map[string]any{"type": "string"}
}

func addProperties(t reflect.Type, properties map[string]any) {
	for i := range t.NumField() {
		field := t.Field(i)
		key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			addProperties(field.Type, properties)
		case key != "-":
			properties[key] = schemaOf(field.Type)
		}
	}
}

package strict

import (
	"reflect"
	"slices"
	"strings"
)

// tagOf returns the key and the option of a field.
func tagOf(f reflect.StructField) (key, option string) {
	key, option, _ = strings.Cut(f.Tag.Get("yaml"), ",")
	return key, option
}

// Keys returns the keys of a struct in order, those of embedded structs included.
func Keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		key, option := tagOf(t.Field(i))
		switch {
		case option == "inline":
			out = append(out, Keys(t.Field(i).Type)...)
		case key != "-" && key != "":
			out = append(out, key)
		}
	}
	return out
}

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		name, option := tagOf(v.Type().Field(i))
		if option == "inline" {
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

func fieldByOption(v reflect.Value, option string) (reflect.Value, bool) {
	if i := indexByOption(v.Type(), option); i >= 0 {
		return v.Field(i), true
	}
	return reflect.Value{}, false
}

func indexByOption(t reflect.Type, option string) int {
	return slices.IndexFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		_, o := tagOf(f)
		return o == option && len(f.Index) == 1
	})
}

// isKeyed reports whether t is a list that is written as a mapping.
func isKeyed(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && indexByOption(t.Elem(), "key") >= 0
}

package catalog

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Marshal returns a case file that [Parse] reads as f. Fields are in the order of the
// types, and empty fields are left out. Strings are quoted wherever YAML could read
// something else. Positions are not written.
//
// Marshal writes what it is given. If an expectation was filled in from a run, the case's
// Why must say so: such a case is a draft that a person has to check.
func Marshal(f File) []byte {
	// The YAML library's own encoder changes strings with tabs or carriage
	// returns, and puts a map after an inlined struct at the wrong column.
	w := &writer{}
	w.fields(reflect.ValueOf(f), "")
	return []byte(w.out.String())
}

// A writer writes values in block style.
type writer struct {
	out strings.Builder
	// pending is written before the next line instead of its indent: the dash
	// of an item.
	pending string
}

func (w *writer) line(indent, text string) {
	if w.pending != "" {
		indent, w.pending = w.pending, ""
	}
	w.out.WriteString(indent + text + "\n")
}

// fields writes a struct's fields that aren't zero, embedded ones inline.
func (w *writer) fields(v reflect.Value, indent string) {
	for i := range v.NumField() {
		key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			w.fields(v.Field(i), indent)
		case key != "-" && !isEmpty(v.Field(i)):
			w.field(key, v.Field(i), indent)
		}
	}
}

// isEmpty reports whether a field says as much as if it weren't there.
func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

// field writes one entry of a mapping.
func (w *writer) field(key string, v reflect.Value, indent string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	deeper := indent + "  "
	switch {
	case v.Kind() == reflect.Struct && v.IsZero():
		w.line(indent, key+": {}")
	case v.Kind() == reflect.Struct:
		w.line(indent, key+":")
		w.fields(v, deeper)
	case v.Kind() == reflect.Slice && v.Len() == 0:
		w.line(indent, key+": []")
	case v.Kind() == reflect.Slice:
		w.line(indent, key+":")
		for i := range v.Len() {
			w.pending = deeper + "- "
			w.item(v.Index(i), deeper+"  ")
		}
	case v.Kind() == reflect.Map:
		w.line(indent, key+":")
		w.entries(v, deeper)
	default:
		w.line(indent, key+": "+scalar(v))
	}
}

// item writes one item of a list.
func (w *writer) item(v reflect.Value, indent string) {
	switch {
	case v.IsZero() && v.Kind() == reflect.Struct, v.Kind() == reflect.Map && v.Len() == 0:
		w.line(indent, "{}")
	case v.Kind() == reflect.Struct:
		w.fields(v, indent)
	case v.Kind() == reflect.Map:
		w.entries(v, indent)
	default:
		w.line(indent, scalar(v))
	}
}

// entries writes a map, sorted.
func (w *writer) entries(v reflect.Value, indent string) {
	values := map[string]reflect.Value{}
	for _, key := range v.MapKeys() {
		values[key.String()] = v.MapIndex(key)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		w.field(scalar(reflect.ValueOf(key)), values[key], indent)
	}
}

// plainScalar is what can do without quotes, unless it is one of the words that
// YAML gives another meaning. A colon before a space would make a mapping.
var plainScalar = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 ./_,;'()*=?-]|:[A-Za-z0-9/])*$`)

// scalar is a string, a number or a boolean. Go's escapes are YAML's for every
// string that is valid UTF-8.
func scalar(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	s := v.String()
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan":
	default:
		if plainScalar.MatchString(s) && !strings.HasSuffix(s, " ") {
			return s
		}
	}
	return strconv.Quote(s)
}

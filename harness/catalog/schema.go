package catalog

import (
	"reflect"

	"github.com/corsproof/corsproof/harness/strict"
)

// Schema returns the JSON Schema of a case file, for editors. It is generated from the
// types that files are decoded into. [Parse] checks more than the schema.
func Schema() []byte {
	return strict.Schema{Title: "corsproof case file", Sets: closedSets, Also: fromTable}.Of(reflect.TypeFor[File]())
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

package policy

import (
	"reflect"

	"github.com/corsproof/corsproof/harness/strict"
)

// Schema returns the JSON Schema of a policy file, for editors. It is generated from the
// types that files are decoded into. [Parse] checks more than the schema.
func Schema() []byte {
	return strict.Schema{Title: "corsproof policy"}.Of(reflect.TypeFor[Policy]())
}

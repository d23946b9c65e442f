package policy

import (
	"reflect"

	"github.com/corsproof/corsproof/harness/strict"
)

// Schema returns the JSON Schema of a policy file, for editors. It is made of
// the types that files are decoded into; what else a policy must satisfy,
// [Parse] says.
func Schema() []byte {
	return strict.Schema{Title: "corsproof policy"}.Of(reflect.TypeFor[Policy]())
}

package gateway

import (
	"fmt"
	"strings"
)

// A Kind is a kind of gateway, as a policy's target names it: "nginx". There are
// those whose adapters are registered, see [Kinds].
type Kind string

// String returns the name.
func (k Kind) String() string { return string(k) }

// Kinds returns the kinds that are registered, sorted.
func Kinds() []Kind { return registered.kinds() }

// ParseKind returns the kind of that name. The error names all, or is [ErrNoKinds].
func ParseKind(name string) (Kind, error) {
	a, err := registered.adapter(Kind(name))
	return Kind(a.Kind), err
}

// ParseSpec returns the kind and the file in a text such as "nginx=./nginx.conf".
func ParseSpec(spec string) (k Kind, file string, err error) {
	name, file, found := strings.Cut(spec, "=")
	if !found || file == "" {
		return "", "", fmt.Errorf("gateway %q: must be KIND=FILE, as in nginx=./nginx.conf", spec)
	}
	k, err = ParseKind(name)
	return k, file, err
}

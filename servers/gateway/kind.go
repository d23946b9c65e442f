package gateway

import (
	"fmt"
	"strings"
)

// A Kind is a kind of gateway, as a policy's target names it: "nginx". [Kinds] returns
// the registered ones.
type Kind string

// String returns the name.
func (k Kind) String() string { return string(k) }

// Kinds returns the registered kinds, sorted.
func Kinds() []Kind { return registered.kinds() }

// ParseKind returns the kind with that name. The error lists all kinds, or is
// [ErrNoKinds].
func ParseKind(name string) (Kind, error) {
	a, err := registered.adapter(Kind(name))
	return Kind(a.Kind), err
}

// ParseSpec parses a kind and a file, as in "nginx=./nginx.conf".
func ParseSpec(spec string) (k Kind, file string, err error) {
	name, file, found := strings.Cut(spec, "=")
	if !found || file == "" {
		return "", "", fmt.Errorf("gateway %q: must be KIND=FILE, as in nginx=./nginx.conf", spec)
	}
	k, err = ParseKind(name)
	return k, file, err
}

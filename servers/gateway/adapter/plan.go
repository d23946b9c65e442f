package adapter

import (
	"context"
	"path/filepath"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Place is where a config is to be run.
type Place struct {
	Dir      string // the folder of the copies, absolute
	Sockets  bool   // it has no ports: listeners are sockets in dir
	Upstream wire.Upstream
}

// The files that every place has, in its folder: a certificate with what leads to its
// root, its key, the root, and a log.
func (p Place) Chain() string { return filepath.Join(p.Dir, ChainFile) }
func (p Place) Key() string   { return filepath.Join(p.Dir, KeyFile) }
func (p Place) CA() string    { return filepath.Join(p.Dir, CAFile) }
func (p Place) Log() string   { return filepath.Join(p.Dir, "access.log") }

// The names of files in a place's folder.
const (
	ChainFile = "chain.pem"
	KeyFile   = "key.pem"
	CAFile    = "ca.pem"
)

// A Plan is how a config is run at a place.
type Plan struct {
	Dir           string   // the place's
	Args          []string // of the program
	Files         []File   // to write, copies among them
	Substitutions []Substitution
	Notes         []Note
	Upstreams     []string  // as [wire.Upstream].Named calls them
	Hosts         []string  // for the certificate
	Copies        []*Source // the user's files that files are copies of
	Reads         []string  // paths of further ones
	// listeners asks the gateway where it listens, and is an error until it does
	// so.
	Listeners func(context.Context) ([]wire.EndpointListener, error)
}

// A File is a file to write, relative to the place's folder.
type File struct {
	Name string
	Text []byte
}

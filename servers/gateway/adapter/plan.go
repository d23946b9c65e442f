package adapter

import (
	"context"
	"path/filepath"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Place is where a config runs.
type Place struct {
	Dir      string // the folder of the copies, absolute
	Sockets  bool   // it has no ports: listeners are sockets in Dir
	Upstream wire.Upstream
}

// Chain, Key, CA and Log return paths of files in the place's folder: a certificate with
// its chain up to the root, its key, the root, and a log.
func (p Place) Chain() string { return filepath.Join(p.Dir, ChainFile) }
func (p Place) Key() string   { return filepath.Join(p.Dir, KeyFile) }
func (p Place) CA() string    { return filepath.Join(p.Dir, CAFile) }
func (p Place) Log() string   { return filepath.Join(p.Dir, "access.log") }

// Names of files in a place's folder.
const (
	ChainFile = "chain.pem"
	KeyFile   = "key.pem"
	CAFile    = "ca.pem"
)

// A Plan says how to run a config at a place.
type Plan struct {
	Dir           string   // the folder of the place
	Args          []string // arguments of the program
	Files         []File   // files to write, including copies
	Substitutions []Substitution
	Notes         []Note
	Upstreams     []string  // names as in [wire.Upstream].Named
	Hosts         []string  // names for the certificate
	Copies        []*Source // the user's files of which Files has copies
	Reads         []string  // paths of further files
	// Listeners asks the gateway where it listens; it returns an error until the gateway
	// listens.
	Listeners func(context.Context) ([]wire.EndpointListener, error)
}

// A File is a file to write, relative to the place's folder.
type File struct {
	Name string
	Text []byte
}

package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/fixtures"
)

// A part is a folder of the cache directory, keyed by all that it is made from.
type part struct {
	cache   string // the cache directory
	name    string
	key     string
	witness string  // a file in it; without it, it isn't there
	needs   []*part // to be built before

	// build fills dir, an empty folder beside its place. The folder will be
	// renamed, so what is in it must not name it.
	build func(ctx context.Context, tools *tools, dir string) error
}

// newPart returns a part whose key is made of its inputs.
func newPart(cache, name, witness string, inputs ...string) *part {
	h := sha256.New()
	for _, in := range inputs {
		fmt.Fprintf(h, "%d\n%s", len(in), in)
	}
	return &part{cache: cache, name: name, key: hex.EncodeToString(h.Sum(nil))[:12], witness: witness}
}

func (p *part) dir() string { return filepath.Join(p.cache, p.base()) }

func (p *part) base() string { return p.name + "-" + p.key }

// there says whether the part is in its place.
func (p *part) there() bool {
	_, err := os.Stat(filepath.Join(p.dir(), p.witness))
	return err == nil
}

func missing(parts []*part) []*part {
	var todo []*part
	for _, p := range parts {
		if !p.there() {
			todo = append(todo, p)
		}
	}
	return todo
}

// unfinished ends the name of a folder in which a part is being built.
const unfinished = ".unfinished"

// build makes the part and puts it in its place. The caller holds the lock.
func (c *cache) build(ctx context.Context, p *part, t *tools) (err error) {
	dir := p.dir() + unfinished
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	defer func() {
		if removeErr := os.RemoveAll(dir); err == nil {
			err = removeErr
		}
	}()
	if err := p.build(ctx, t, dir); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := readableByAll(dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, p.witness)); err != nil {
		return fmt.Errorf("the installation is incomplete: %w", err)
	}
	if err := os.RemoveAll(p.dir()); err != nil { // there, but without its witness
		return err
	}
	return os.Rename(dir, p.dir())
}

// removeUnfinished removes what a killed process was building. The caller holds
// the lock.
func (c *cache) removeUnfinished() error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), unfinished) {
			if err := os.RemoveAll(filepath.Join(c.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// readableByAll lets other users read what a strict umask would hide from them.
func readableByAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if entry.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		if mode == info.Mode().Perm() {
			return nil
		}
		return os.Chmod(path, mode)
	})
}

// sources returns the files of a folder of the fixtures as one string, to be the
// input of a key. With names, only those files.
func sources(folder string, names ...string) string {
	var b strings.Builder
	err := walkSources(folder, names, func(name string, data []byte) error {
		fmt.Fprintf(&b, "%s %d\n%s", name, len(data), data)
		return nil
	})
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	return b.String()
}

// copySources copies the same files into dir.
func copySources(dir, folder string, names ...string) error {
	return walkSources(folder, names, func(name string, data []byte) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
}

func walkSources(folder string, names []string, visit func(name string, data []byte) error) error {
	fsys, err := fs.Sub(fixtures.Files, folder)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if err := visit(name, data); err != nil {
			return err
		}
	}
	return nil
}

package adapter

import (
	"os"
	"path/filepath"
	"strings"
)

// A Finder finds the files that a config names. Files below one of the Usual folders,
// where such a config is usually installed, are first looked for beside the config.
type Finder struct {
	Dir   string   // the config's own folder, absolute
	Shown string   // the same as the user wrote it
	Usual []string // as in /etc/nginx
}

func NewFinder(file string, usual ...string) (Finder, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return Finder{}, err
	}
	return Finder{Dir: filepath.Dir(abs), Shown: filepath.Dir(file), Usual: usual}, nil
}

// Candidates returns the paths that a name in the config may mean, best first.
func (f Finder) Candidates(name string) []string {
	if !filepath.IsAbs(name) {
		return []string{filepath.Join(f.Dir, name)}
	}
	var all []string
	for _, folder := range f.Usual {
		if rest, ok := strings.CutPrefix(filepath.Clean(name), folder+"/"); ok {
			all = append(all, filepath.Join(f.Dir, rest))
		}
	}
	return append(all, filepath.Clean(name))
}

// Find returns the first candidate that is a file.
func (f Finder) Find(name string) (path string, ok bool) {
	for _, c := range f.Candidates(name) {
		if info, err := os.Stat(c); err == nil && !info.IsDir() {
			return c, true
		}
	}
	return "", false
}

// Name returns a path for messages, written like the user wrote the path of the config.
func (f Finder) Name(path string) string {
	if rel, err := filepath.Rel(f.Dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.Join(f.Shown, rel)
	}
	return path
}

// Inside returns a path relative to the config's folder, if it is inside.
func (f Finder) Inside(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(f.Dir, path)
	return rel, err == nil && filepath.IsLocal(rel)
}

// Patterns returns the candidates as patterns for [filepath.Glob]; characters of the
// config's folder are escaped.
func (f Finder) Patterns(name string) []string {
	f.Dir = EscapeGlob(f.Dir)
	return f.Candidates(name)
}

// EscapeGlob returns a pattern that matches only the path.
func EscapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

package adapter

import (
	"os"
	"path/filepath"
	"strings"
)

// A Finder finds the files that a config names. Those that are below usual, the
// folder that such a config lives in, are looked for beside the config first.
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

// candidates returns the paths that a name in the config may mean, best first.
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

// find returns the first of the candidates that is a file.
func (f Finder) Find(name string) (path string, ok bool) {
	for _, c := range f.Candidates(name) {
		if info, err := os.Stat(c); err == nil && !info.IsDir() {
			return c, true
		}
	}
	return "", false
}

// name returns a path as messages show it: like the user wrote the config's own.
func (f Finder) Name(path string) string {
	if rel, err := filepath.Rel(f.Dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.Join(f.Shown, rel)
	}
	return path
}

// inside returns a path relative to the config's folder, if it is in it.
func (f Finder) Inside(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(f.Dir, path)
	return rel, err == nil && filepath.IsLocal(rel)
}

// patterns returns the candidates as [filepath.Glob] takes them: what the name of the
// config's folder has is no pattern.
func (f Finder) Patterns(name string) []string {
	f.Dir = EscapeGlob(f.Dir)
	return f.Candidates(name)
}

// EscapeGlob returns a path as a pattern that means nothing but it.
func EscapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

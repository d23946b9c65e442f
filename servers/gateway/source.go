package gateway

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A source is one file of a config.
type source struct {
	name string // as messages show it
	path string // where it was read, absolute
	copy string // where its copy goes, relative to the folder of the copies
	text []byte
}

func readSource(name, path, copy string) (*source, error) {
	text, err := readRegular(name, path)
	if err != nil {
		return nil, err
	}
	return &source{name: name, path: path, copy: copy, text: text}, nil
}

// line returns the number of the line that an offset is on.
func (s *source) line(offset int) int { return 1 + bytes.Count(s.text[:offset], []byte("\n")) }

// lineText returns the line that an offset is on.
func (s *source) lineText(offset int) string {
	start := bytes.LastIndexByte(s.text[:offset], '\n') + 1
	line, _, _ := bytes.Cut(s.text[start:], []byte("\n"))
	return string(line)
}

// at names the place of an offset.
func (s *source) at(offset int) string { return fmt.Sprintf("%s:%d", s.name, s.line(offset)) }

// A What says what a substitution replaces.
type What string

const (
	WhatListen      What = "listen address"
	WhatCertificate What = "certificate"
	WhatUpstream    What = "upstream address"
	WhatHealth      What = "upstream health"
	WhatLog         What = "log"
	WhatFolder      What = "temporary files"
	WhatProcess     What = "process"
	WhatFile        What = "file"
)

// A Substitution is one place of a config that is other than the user wrote it.
type Substitution struct {
	What What
	// File and Line are where, in the user's own files. Line is 0 for what the
	// gateway is told beside its config.
	File string
	Line int
	// From and To are the bytes that were there, and those that are there now.
	From, To string
}

// String returns one line for people.
func (s Substitution) String() string {
	at := s.File
	if s.Line > 0 {
		at = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	return fmt.Sprintf("%s: %s: %s -> %s", at, s.What, oneLine(s.From), oneLine(s.To))
}

// oneLine shows a text on one line, and none as what it is.
func oneLine(text string) string {
	const most = 120
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return "(nothing)"
	case len(text) > most:
		return text[:most] + "…"
	}
	return text
}

// A Note is something that runs, but not as it would elsewhere.
type Note struct {
	File string
	Line int
	Text string
}

// String returns one line for people.
func (n Note) String() string { return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text) }

// An edit replaces bytes of a source; an empty range inserts.
type edit struct {
	what       What
	source     *source
	start, end int
	to         string
}

func (e edit) substitution() Substitution {
	return Substitution{What: e.what, File: e.source.name, Line: e.source.line(e.start), From: string(e.source.text[e.start:e.end]), To: e.to}
}

// edits are those of one config. The same edit may be added again, for a file
// that is included twice.
type edits []edit

func (all *edits) add(what What, s *source, start, end int, to string) {
	e := edit{what, s, start, end, to}
	if string(s.text[start:end]) == to || slices.Contains(*all, e) {
		return
	}
	*all = append(*all, e)
}

// apply returns the text of a source after its edits. Lines that an edit takes
// away it leaves empty, so that the others keep their numbers.
func (all edits) apply(s *source) ([]byte, error) {
	own := all.of(s)
	var out bytes.Buffer
	at := 0
	for i, e := range own {
		if e.start < at || i > 0 && e.start == own[i-1].start && e.start < e.end {
			return nil, fmt.Errorf("%s: it is included twice and would have to be %q and %q; include copies of the file", s.at(e.start), own[max(i-1, 0)].to, e.to)
		}
		out.Write(s.text[at:e.start])
		out.WriteString(e.to)
		lines := bytes.Count(s.text[e.start:e.end], []byte("\n")) - strings.Count(e.to, "\n")
		out.WriteString(strings.Repeat("\n", max(lines, 0)))
		at = e.end
	}
	out.Write(s.text[at:])
	return out.Bytes(), nil
}

// of returns the edits of a source in the order of their places.
func (all edits) of(s *source) edits {
	var own edits
	for _, e := range all {
		if e.source == s {
			own = append(own, e)
		}
	}
	slices.SortStableFunc(own, func(a, b edit) int { return a.start - b.start })
	return own
}

// substitutions returns what the edits of all sources are.
func (all edits) substitutions(sources []*source) []Substitution {
	var out []Substitution
	for _, s := range sources {
		for _, e := range all.of(s) {
			out = append(out, e.substitution())
		}
	}
	return out
}

// A finder finds the files that a config names. Those that are below usual, the
// folder that such a config lives in, are looked for beside the config first.
type finder struct {
	dir   string   // the config's own folder, absolute
	shown string   // the same as the user wrote it
	usual []string // as in /etc/nginx
}

func newFinder(file string, usual ...string) (finder, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return finder{}, err
	}
	return finder{dir: filepath.Dir(abs), shown: filepath.Dir(file), usual: usual}, nil
}

// candidates returns the paths that a name in the config may mean, best first.
func (f finder) candidates(name string) []string {
	if !filepath.IsAbs(name) {
		return []string{filepath.Join(f.dir, name)}
	}
	var all []string
	for _, folder := range f.usual {
		if rest, ok := strings.CutPrefix(filepath.Clean(name), folder+"/"); ok {
			all = append(all, filepath.Join(f.dir, rest))
		}
	}
	return append(all, filepath.Clean(name))
}

// find returns the first of the candidates that is a file.
func (f finder) find(name string) (path string, ok bool) {
	for _, c := range f.candidates(name) {
		if info, err := os.Stat(c); err == nil && !info.IsDir() {
			return c, true
		}
	}
	return "", false
}

// name returns a path as messages show it: like the user wrote the config's own.
func (f finder) name(path string) string {
	if rel, err := filepath.Rel(f.dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.Join(f.shown, rel)
	}
	return path
}

// inside returns a path relative to the config's folder, if it is in it.
func (f finder) inside(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(f.dir, path)
	return rel, err == nil && filepath.IsLocal(rel)
}

// patterns returns the candidates as [filepath.Glob] takes them: what the name of the
// config's folder has is no pattern.
func (f finder) patterns(name string) []string {
	f.dir = escapeGlob(f.dir)
	return f.candidates(name)
}

// escapeGlob returns a path as a pattern that means nothing but it.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

package adapter

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// An Edit replaces bytes of a source; with an empty range it inserts.
type Edit struct {
	what       What
	source     *Source
	start, end int
	to         string
}

func (e Edit) substitution() Substitution {
	return Substitution{What: e.what, File: e.source.Name, Line: e.source.Line(e.start), From: string(e.source.Text[e.start:e.end]), To: e.to}
}

// Edits are the edits of one config. The same edit may be added more than once, for a
// file that is included twice.
type Edits []Edit

func (all *Edits) Add(what What, s *Source, start, end int, to string) {
	e := Edit{what, s, start, end, to}
	if string(s.Text[start:end]) == to || slices.Contains(*all, e) {
		return
	}
	*all = append(*all, e)
}

// Apply returns the text of a source after its edits. Lines that an edit removes stay as
// empty lines, so that the others keep their numbers.
func (all Edits) Apply(s *Source) ([]byte, error) {
	own := all.Of(s)
	var out bytes.Buffer
	at := 0
	for i, e := range own {
		if e.start < at || i > 0 && e.start == own[i-1].start && e.start < e.end {
			return nil, fmt.Errorf("%s: the file is included twice, and this place would have to become both %q and %q; include a copy of the file instead", s.At(e.start), own[max(i-1, 0)].to, e.to)
		}
		out.Write(s.Text[at:e.start])
		out.WriteString(e.to)
		lines := bytes.Count(s.Text[e.start:e.end], []byte("\n")) - strings.Count(e.to, "\n")
		out.WriteString(strings.Repeat("\n", max(lines, 0)))
		at = e.end
	}
	out.Write(s.Text[at:])
	return out.Bytes(), nil
}

// Of returns the edits of a source, sorted by position.
func (all Edits) Of(s *Source) Edits {
	var own Edits
	for _, e := range all {
		if e.source == s {
			own = append(own, e)
		}
	}
	slices.SortStableFunc(own, func(a, b Edit) int { return a.start - b.start })
	return own
}

// Substitutions returns the edits of all sources as substitutions.
func (all Edits) Substitutions(sources []*Source) []Substitution {
	var out []Substitution
	for _, s := range sources {
		for _, e := range all.Of(s) {
			out = append(out, e.substitution())
		}
	}
	return out
}

package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// NamedOrigins are the origins that a config names, in the order in which it
// does, and notes of the entries of which it can't be told whom they mean.
type NamedOrigins struct {
	All   []policy.NamedOrigin
	Notes []Note
	// alone are the lines with one entry and nothing else.
	Alone map[policy.Position]bool
}

// origin adds one that stands there as it is; what no browser sends is nobody's.
func (n *NamedOrigins) Origin(at policy.Position, entry, origin string) {
	n.add(policy.NamedOrigin{Origin: origin, Entry: entry, At: at})
}

func (n *NamedOrigins) add(named policy.NamedOrigin) {
	if IsOrigin(named.Origin) && !slices.Contains(n.All, named) {
		n.All = append(n.All, named)
	}
}

// expression adds origins that an expression matches, which the gateway searches
// for anywhere.
func (n *NamedOrigins) Expression(at policy.Position, entry, pattern string) {
	origins, why := matchedOrigins(pattern)
	several := matchesSeveral(pattern)
	if why != "" {
		n.Note(at, entry, why)
	}
	for _, origin := range origins {
		n.add(policy.NamedOrigin{Origin: origin, Matched: several, Entry: entry, At: at})
	}
}

func (n *NamedOrigins) Note(at policy.Position, entry, why string) {
	note := Note{File: at.File, Line: at.Line, Text: fmt.Sprintf("could not generate test origins from %s: %s", entry, why)}
	if !slices.Contains(n.Notes, note) {
		n.Notes = append(n.Notes, note)
	}
}

// IsOrigin reports whether a browser can send it as the Origin of a page that has
// one.
func IsOrigin(text string) bool {
	origin, err := fetch.ParseOrigin(text)
	return err == nil && !origin.IsOpaque()
}

// unlist words that entries which name origins are to go: as lines to take out, if
// each is on a line of its own.
func (n NamedOrigins) Unlist(f policy.Fix) (policy.Wording, bool) {
	var all []policy.Wording
	seen := map[policy.Position]bool{}
	for _, named := range n.All {
		if !slices.Contains(f.Values, named.Origin) || seen[named.At] {
			continue
		}
		seen[named.At] = true
		w := policy.Wording{Change: policy.Remove, File: named.At.File, Line: named.At.Line}
		if !n.Alone[named.At] {
			w.Change, w.Text = policy.Words, "# take out: "+named.Entry
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return policy.Wording{}, false
	}
	w := all[0]
	w.More = all[1:]
	return w, true
}

// LiteralOrigin returns the origin that a text consists of.
func LiteralOrigin(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, strings.Contains(text, "://") && !strings.ContainsAny(text, "$% ")
}

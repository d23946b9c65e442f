package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// NamedOrigins are the origins in a config, in their order, with notes about entries that
// could not be interpreted.
type NamedOrigins struct {
	All   []policy.NamedOrigin
	Notes []Note
	// Alone are the lines with one entry and nothing else.
	Alone map[policy.Position]bool
}

// Origin adds an origin that is written in the config. Text that no browser sends is
// ignored.
func (n *NamedOrigins) Origin(at policy.Position, entry, origin string) {
	n.add(policy.NamedOrigin{Origin: origin, Entry: entry, At: at})
}

func (n *NamedOrigins) add(named policy.NamedOrigin) {
	if IsOrigin(named.Origin) && !slices.Contains(n.All, named) {
		n.All = append(n.All, named)
	}
}

// Expression adds origins that an expression matches; the gateway searches for the
// expression anywhere in the Origin.
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

// IsOrigin reports whether a browser can send the text as the Origin of a page with a
// tuple origin.
func IsOrigin(text string) bool {
	origin, err := fetch.ParseOrigin(text)
	return err == nil && !origin.IsOpaque()
}

// Unlist words a fix that removes entries which name origins: as lines to remove, if each
// entry is on a line of its own.
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

// LiteralOrigin returns the text without the space around it, and whether it is an origin
// without variables and patterns.
func LiteralOrigin(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, strings.Contains(text, "://") && !strings.ContainsAny(text, "$% ")
}

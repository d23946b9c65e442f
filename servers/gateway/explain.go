package gateway

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// An explained error has the user's file names in its text.
type explained struct {
	error
	text string
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.error }

// explain puts the user's file names in the place of the copies', and adds what
// to do. There is no plan if nothing was copied.
func explain(c adapter.Config, p *adapter.Plan, err error) error {
	return explained{err, c.Explain(userNames(p, err.Error()))}
}

// userNames puts the user's file names in the place of the copies'.
func userNames(p *adapter.Plan, text string) string {
	if p == nil {
		return text
	}
	copies := slices.Clone(p.Copies)
	slices.SortFunc(copies, func(a, b *adapter.Source) int { return len(b.Copy) - len(a.Copy) }) // a name may begin another
	var pairs []string
	for _, s := range copies {
		pairs = append(pairs, filepath.Join(p.Dir, s.Copy), s.Name)
	}
	pairs = append(pairs, p.Dir, "(corsproof's folder)")
	return strings.NewReplacer(pairs...).Replace(text)
}

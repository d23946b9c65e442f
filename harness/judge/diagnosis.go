package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/policy"
)

// A diagnosis finds the causes of symptoms. A symptom has one cause: the first of
// [explanations] that explains it, and causes stand in an order in which one that
// makes others appear comes before them.
type diagnosis struct {
	view     *policy.View
	facts    []fact
	symptoms []*symptom
	// matchers are how the target seems to compare origins, by the symptom's
	// origin and route.
	matchers map[matched]FindingID
	// beyond are those that no comparison is behind: they stand in the target's config.
	beyond map[matched]bool
	// bare are the layers whose errors name no origin.
	bare map[FindingID]bool
	// namedWhoever are the origins that the target names to others, too.
	namedWhoever map[string]bool
	// texts are what facts share.
	texts map[string]string
}

// A group is the symptoms of one cause.
type group struct {
	id       FindingID
	symptoms []*symptom
}

func (d *diagnosis) groups() []group {
	d.matchers = d.match()
	d.bare = d.bareLayers()
	d.namedWhoever = d.namedWhoeverAsks()
	var out []group
	for _, s := range d.symptoms {
		if s.context {
			continue
		}
		id := Unclassified
		for _, e := range explanations {
			if e.is(d, s) {
				id = e.id
				break
			}
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.id == id })
		if i < 0 {
			out, i = append(out, group{id: id}), len(out)
		}
		out[i].symptoms = append(out[i].symptoms, s)
	}
	return out
}

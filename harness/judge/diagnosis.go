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
	routesBy []string // see [CollectorConfig]
	facts
	symptomList
	comparisons
	// bare are the layers whose errors name no origin.
	bare map[FindingID]bool
	// left are the routes that the target's CORS settings leave out.
	left map[*policy.Effective]bool
	// namedWhoever are the origins that the target names to others, too.
	namedWhoever map[string]bool
}

// A symptomList is all that is wrong with a target.
type symptomList []*symptom

// A group is the symptoms of one cause.
type group struct {
	id       FindingID
	symptoms []*symptom
}

func (d *diagnosis) groups() []group {
	d.comparisons = d.match()
	d.bare = d.bareLayers()
	d.left = d.leftRoutes()
	d.namedWhoever = d.namedWhoeverAsks()
	var out []group
	for _, s := range d.symptomList {
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

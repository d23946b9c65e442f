package judge

import (
	"cmp"
	"slices"
)

// A Kind is what all findings with one ID share.
type Kind struct {
	ID FindingID `json:"id"`
	// Title describes the kind in a few words.
	Title string `json:"title"`
	// Severity and Fault are the usual ones; the evidence may change them.
	Severity Severity `json:"severity"`
	Fault    Layer    `json:"fault"`
}

// A row is everything about findings with one ID but its page in findings.md, which
// is what [Explain] has. To add a kind of finding, add a row to the table of its area,
// with its ID above, a page, and a mistake that produces it to the tests' seeds.
type row struct {
	Kind
	// explains are the symptoms that it is the cause of, each in its place among all:
	// the first explanation that holds is a symptom's cause.
	explains []explanation
	// compares: it is a way to compare origins, and the cause of what is read in that way.
	compares bool
	// remedy is what puts it right; nil if that isn't about a header.
	remedy remedyFor
	// note: it can also be, or is nothing but, worth knowing; nil if it can't.
	note *note
}

// An explanation says which symptoms a cause explains.
type explanation struct {
	place int // see placeNoAnswer
	is    func(d *diagnosis, s *symptom) bool
}

// Explanations are tried in this order, from these numbers on: a cause comes before the
// causes whose symptoms it can produce. The gaps leave room for more.
const (
	placeNoAnswer    = (1 + iota) * 1000 // no answer came, or one to another request than the one that was sent
	placePreflight                       // the preflight was not answered as one
	placeStatus                          // the target itself answers otherwise
	placeCache                           // a cache gives a page what was meant for another
	placeAllowOrigin                     // there is an Access-Control-Allow-Origin, and it is wrong
	placeCredentials                     // Access-Control-Allow-Credentials isn't as it has to be in ordinary answers; in errors alone it is as if they named no origin
	placeSilence                         // there is no Access-Control-Allow-Origin where one has to be: on whole origins and routes, before errors alone
	placeError                           // an error, or a redirect, says less than an ordinary answer
	placeList                            // the preflight's answer doesn't list what is asked for
	placeLifetime                        // preflights are kept for another time than the policy says
	placeExposed                         // pages see other response headers than they may
	placeScope                           // who may not read, or may read without consent, is treated otherwise
)

// rows are the classes of failure in the order of their catalogue, and after them
// what is of this package alone.
var rows []row

// explanations are those of all rows in the order in which they are tried.
var explanations []rankedExplanation

type rankedExplanation struct {
	explanation
	id FindingID
}

// What explains a symptom asks for rows, so that they can't be initialized at once.
func init() {
	rows = slices.Concat(findingsOfPreflights, findingsOfAllowedOrigins, findingsOfMatching, findingsOfLists, findingsOfCaches, findingsOfNetworks, findingsOfPolicies)
	for i := range rows {
		r := &rows[i]
		for _, e := range r.explains {
			explanations = append(explanations, rankedExplanation{e, r.ID})
		}
		if r.compares {
			explanations = append(explanations, rankedExplanation{explanation{placeScope, r.explainsReader}, r.ID})
		}
	}
	slices.SortStableFunc(explanations, func(a, b rankedExplanation) int { return cmp.Compare(a.place, b.place) })
}

// explainsReader reports whether an origin could read because the target compares
// origins in the row's way.
func (r *row) explainsReader(d *diagnosis, s *symptom) bool {
	return s.effect == effectAllowed && d.matchers[s.matched()] == r.ID
}

// remedied is the remedy as the symptom that shows the cause best has it; of no kind if
// there is none.
func (r *row) remedied(first *symptom) remedy {
	if r.remedy == nil {
		return remedy{}
	}
	return r.remedy(first)
}

// rowOf returns the row of an ID, nil if there is none.
func rowOf(id FindingID) *row {
	i := slices.IndexFunc(rows, func(r row) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// noteRows are the rows that are notes, in the order of notes.
func noteRows() []*row {
	var out []*row
	for i := range rows {
		if rows[i].note != nil {
			out = append(out, &rows[i])
		}
	}
	slices.SortFunc(out, func(a, b *row) int { return cmp.Compare(a.note.order, b.note.order) })
	return out
}

// Kinds returns every kind of finding. The caller owns the slice.
func Kinds() []Kind {
	out := make([]Kind, len(rows))
	for i, r := range rows {
		out[i] = r.Kind
	}
	return out
}

// KindOf returns the kind with an ID; false if there is none.
func KindOf(id FindingID) (Kind, bool) {
	if r := rowOf(id); r != nil {
		return r.Kind, true
	}
	return Kind{}, false
}

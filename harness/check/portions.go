package check

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
)

// A manner is how cases are run.
type manner string

const (
	mannerTogether        manner = "together"         // many at a time
	mannerWithoutUpstream manner = "without upstream" // the same, while nothing listens where the upstream is
	mannerHanging         manner = "hanging"          // many at a time, while the target waits for its upstream
	mannerAlone           manner = "alone"            // one after another: each may disturb the next
)

// manners are in the order in which a target stands them.
var manners = []manner{mannerTogether, mannerWithoutUpstream, mannerHanging, mannerAlone}

func mannerOf(c *catalog.PolicyCase) manner {
	acts := func(act catalog.Act) bool {
		return slices.ContainsFunc(c.Steps, func(s catalog.PolicyStep) bool { return actsIn(&s, act) })
	}
	switch {
	case acts(catalog.ActRefuses):
		return mannerWithoutUpstream
	case acts(catalog.ActHangs):
		return mannerHanging
	case c.Disturbs:
		return mannerAlone
	}
	return mannerTogether
}

// actsIn reports whether an upstream acts so in a step.
func actsIn(s *catalog.PolicyStep, act catalog.Act) bool {
	return slices.ContainsFunc(s.Upstream, func(a catalog.UpstreamAnswer) bool { return a.Act == act })
}

// A portion is cases that are judged, and handed out, together: all that is known
// of them is in memory meanwhile.
type portion struct {
	manner manner
	cases  []int // indices
}

// portionSize is the minimum number of cases in a portion, except for the last one of its
// kind.
const portionSize = 500

// portions orders cases: by manner, and within one by the page origin of the first
// request, so that a browser opens few pages twice. Cases of one signature are
// never parted. The order depends on the cases alone.
func portions(cases []catalog.PolicyCase) []portion {
	var out []portion
	for _, m := range manners {
		var origins []string
		byOrigin := map[string][]int{}
		for i := range cases {
			if mannerOf(&cases[i]) != m {
				continue
			}
			origin := cases[i].Steps[0].Request.Origin
			if byOrigin[origin] == nil {
				origins = append(origins, origin)
			}
			byOrigin[origin] = append(byOrigin[origin], i)
		}
		p := portion{manner: m}
		for _, origin := range origins {
			for _, group := range bySignature(cases, byOrigin[origin]) {
				if len(p.cases) >= portionSize {
					out = append(out, p)
					p = portion{manner: m}
				}
				p.cases = append(p.cases, group...)
			}
		}
		if len(p.cases) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// bySignature groups the cases of one signature.
func bySignature(cases []catalog.PolicyCase, indices []int) [][]int {
	var groups [][]int
	at := map[string]int{}
	for _, i := range indices {
		signature := cases[i].Signature
		n, known := at[signature]
		if !known {
			n = len(groups)
			at[signature] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}

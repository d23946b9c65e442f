package catalog

import (
	"slices"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Reusing returns the case as an engine met it, whose traces are given, one for each
// request of the case: for each 408 that made the engine send the request again, the
// answer says that its connection was open already. A case does not determine which
// connections are reused, but the engine's behavior depends on it. Reusing does not
// change c.
func (c *Case) Reusing(traces []fetch.Trace) Case {
	met := *c
	met.Steps = slices.Clone(c.Steps)
	steps := []*Step{&met.Step}
	if len(met.Steps) > 0 {
		steps = nil
		for i := range met.Steps {
			steps = append(steps, &met.Steps[i])
		}
	}
	for i, step := range steps {
		step.Server = slices.Clone(step.Server)
		taken := map[string]int{}
		for n, x := range traces[i].Exchanges {
			if a := step.next(x, taken); a != nil && fetch.IsSentAgain(traces[i].Exchanges, n) {
				a.Reused++
			}
		}
	}
	return met
}

// next returns the answer that an exchange gets, given how many were taken of each
// request; nil if there is none.
func (s *Step) next(x fetch.Exchange, taken map[string]int) *Answer {
	url := x.Server + x.Request.Target
	for _, to := range []string{x.Request.Method + " " + url, url} {
		var answer *Answer
		n := 0
		for i := range s.Server {
			if a := &s.Server[i]; a.OnTheWire() == to && n <= taken[to] {
				answer = a
				n++
			}
		}
		if answer != nil {
			taken[to]++
			return answer
		}
	}
	return nil
}

package pasted

import (
	"slices"
	"strings"
)

// pairPreflights finds for each preflight the request that it was for: of the
// same URL and origin, with the method that it asked for.
//
// Chrome counts a request from when the page asked for it, before its preflight;
// others from when it was sent, after it. So the request that goes on while the
// preflight begins is taken first, and otherwise the next one.
func (a *Archive) pairPreflights() {
	type group struct{ preflights, requests []int }
	groups := map[[3]string]*group{}
	at := func(e *Entry, method string) *group {
		url, _, _ := strings.Cut(e.Call.Request.URL, "#")
		key := [3]string{url, method, e.Call.Origin}
		if groups[key] == nil {
			groups[key] = &group{}
		}
		return groups[key]
	}
	for _, i := range a.byTime() {
		e := &a.Entries[i]
		if e.IsPreflight {
			method, _ := e.Sent.Headers.Get("Access-Control-Request-Method")
			g := at(e, method)
			g.preflights = append(g.preflights, i)
		} else if e.isCrossOrigin() {
			g := at(e, e.Call.Request.Method)
			g.requests = append(g.requests, i)
		}
	}
	for _, g := range groups {
		a.pairWhere(g.preflights, g.requests, func(p, r *Entry) bool {
			return !p.Started.IsZero() && !r.Started.After(p.Started) && !p.Started.After(r.Started.Add(r.Took))
		})
		a.pairWhere(g.preflights, g.requests, func(p, r *Entry) bool {
			if p.Started.IsZero() || r.Started.IsZero() {
				return p.Index < r.Index
			}
			return !r.Started.Before(p.Started)
		})
	}
}

// pairWhere gives each preflight without a request the first one without a
// preflight that follows it in the sense given.
func (a *Archive) pairWhere(preflights, requests []int, follows func(p, r *Entry) bool) {
	for _, i := range preflights {
		p := &a.Entries[i]
		if p.Serves >= 0 {
			continue
		}
		j := slices.IndexFunc(requests, func(j int) bool {
			r := &a.Entries[j]
			return r.ServedBy < 0 && follows(p, r)
		})
		if j >= 0 {
			p.Serves = requests[j]
			a.Entries[requests[j]].ServedBy = i
		}
	}
}

// byTime returns the indexes of the entries in the order in which they began, and
// those without a time first.
func (a *Archive) byTime() []int {
	order := make([]int, len(a.Entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return a.Entries[i].Started.Compare(a.Entries[j].Started)
	})
	return order
}

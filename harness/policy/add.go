package policy

import (
	"fmt"
	"slices"
)

// AddedGroup is the name of the group that [Policy.WithOrigin] adds. No group of
// a file can have it.
const AddedGroup = "+"

// WithOrigin returns the policy with one more allowed origin, such as the preview of a
// pull request, on every route that any page may read. source says where the origin came
// from, as in "--origin"; it becomes the file in the new rule's position. The policy
// itself does not change.
func (p *Policy) WithOrigin(origin, source string) (*Policy, error) {
	at := Position{File: source}
	e := Entry{Origin: Text{origin, at}}
	var err error
	if e.pattern, err = parsePattern(origin); err != nil {
		return nil, fmt.Errorf("%s: %q %w", source, origin, err)
	}
	if e.pattern.text == Any || e.pattern.isWildcard() {
		return nil, fmt.Errorf("%s: %q matches more than one origin; expected the origin of one preview", source, origin)
	}
	out := *p
	out.Origins = slices.Clone(p.Origins)
	if i := slices.IndexFunc(out.Origins, func(g Group) bool { return g.Name == AddedGroup }); i >= 0 {
		out.Origins[i].Allow = append(slices.Clone(out.Origins[i].Allow), e)
		return &out, nil
	}
	out.Origins = append(out.Origins, Group{Name: AddedGroup, At: at, Allow: []Entry{e}})
	name := Text{AddedGroup, at}
	with := func(l *List) *List {
		if l == nil {
			return nil
		}
		return &List{Items: append(slices.Clone(l.Items), name), At: l.At}
	}
	out.Defaults.Origins = with(p.Defaults.Origins)
	out.Routes = slices.Clone(p.Routes)
	for i := range out.Routes {
		out.Routes[i].Origins = with(out.Routes[i].Origins)
	}
	return &out, nil
}

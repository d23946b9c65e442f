package gateway

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// word words a fix as what to do in which lines. If the config alone doesn't say
// it, that is what has to hold in the blocks whose answers are wrong.
func (c *nginxConf) word(f policy.Fix) Wording {
	if f.Kind == "" {
		return Wording{}
	}
	var at []*nginxDirective
	if f.View != nil && len(f.Shown) > 0 {
		var patch *nginxPatch
		if patch, at = c.repair(f); patch != nil {
			if all := patch.wordings(c); len(all) > 0 {
				all[0].More = all[1:]
				return all[0]
			}
		}
	}
	return c.inWords(f, at)
}

// nginxPlaces is how many blocks words name at most.
const nginxPlaces = 3

// inWords says what has to hold, and where.
func (c *nginxConf) inWords(f policy.Fix, at []*nginxDirective) Wording {
	var all []Wording
	for _, d := range at {
		if d.name.end == 0 || len(all) == nginxPlaces {
			continue // the block is ours
		}
		w := Wording{Change: policy.Words, File: d.source.name, Line: d.source.line(d.name.start)}
		if !slices.ContainsFunc(all, func(o Wording) bool { return o.File == w.File && o.Line == w.Line }) {
			all = append(all, w)
		}
	}
	if len(all) == 0 {
		all = []Wording{{Change: policy.Words, File: c.main.name}}
	}
	what := f.String()
	if f.Kind == policy.FixDenyOrigin || f.Kind == policy.FixAllowOrigin && len(f.Values) == 0 { // which are others than the policy's
		what = "compare the whole Origin with those of the policy, and answer one of them with itself"
	}
	all[0].Text = "what is answered here has to be changed: " + what
	for i := range all[1:] {
		all[i+1].Text = "and here"
	}
	all[0].More = all[1:]
	return all[0]
}

// mapOf returns the map that sets a variable; nil if the value is none's.
func (c *nginxConf) mapOf(value string) *nginxDirective {
	var found *nginxDirective
	nginxEach(c.top, func(d *nginxDirective) {
		if d.name.value == "map" && d.open && len(d.args) == 2 && strings.Trim(d.arg(1), "${}") == strings.Trim(value, "${}") {
			found = d
		}
	})
	return found
}

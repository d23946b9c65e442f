package nginx

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// Fix words a fix as changes of lines. If the config does not determine them, it says
// what has to be true in the blocks whose responses are wrong.
func (c *conf) Fix(f policy.Fix) policy.Wording {
	if f.Kind == "" {
		return policy.Wording{}
	}
	var at []*directive
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

// places is how many blocks words name at most.
const places = 3

// inWords says what has to hold, and where.
func (c *conf) inWords(f policy.Fix, at []*directive) policy.Wording {
	var all []policy.Wording
	for _, d := range at {
		if d.name.end == 0 || len(all) == places {
			continue // the block is ours
		}
		w := policy.Wording{Change: policy.Words, File: d.source.Name, Line: d.source.Line(d.name.start)}
		if !slices.ContainsFunc(all, func(o policy.Wording) bool { return o.File == w.File && o.Line == w.Line }) {
			all = append(all, w)
		}
	}
	if len(all) == 0 {
		all = []policy.Wording{{Change: policy.Words, File: c.main.Name}}
	}
	what := f.String()
	if f.Kind == policy.FixDenyOrigin || f.Kind == policy.FixAllowOrigin && len(f.Values) == 0 { // which are others than the policy's
		what = "compare the whole Origin with the policy's origins, and echo it if it is one of them"
	}
	all[0].Text = "change the responses generated here: " + what
	for i := range all[1:] {
		all[i+1].Text = "and here"
	}
	all[0].More = all[1:]
	return all[0]
}

// mapOf returns the map that sets a variable; nil if the value is none's.
func (c *conf) mapOf(value string) *directive {
	var found *directive
	each(c.top, func(d *directive) {
		if d.name.value == "map" && d.open && len(d.args) == 2 && strings.Trim(d.arg(1), "${}") == strings.Trim(value, "${}") {
			found = d
		}
	})
	return found
}

// fixHeaders are the headers that fixes of a kind change.
var fixHeaders = map[policy.FixKind]string{
	policy.FixAllowMethod: "Access-Control-Allow-Methods", policy.FixDenyMethod: "Access-Control-Allow-Methods",
	policy.FixAllowHeader: "Access-Control-Allow-Headers", policy.FixDenyHeader: "Access-Control-Allow-Headers",
	policy.FixExpose: "Access-Control-Expose-Headers", policy.FixHide: "Access-Control-Expose-Headers",
	policy.FixMaxAge: "Access-Control-Max-Age", policy.FixVary: "Vary",
	policy.FixAllowOrigin: "Access-Control-Allow-Origin", policy.FixDenyOrigin: "Access-Control-Allow-Origin",
	policy.FixAllowCredentials: "Access-Control-Allow-Credentials", policy.FixForbidCredentials: "Access-Control-Allow-Credentials",
}

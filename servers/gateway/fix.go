package gateway

import (
	"regexp"

	"github.com/corsproof/corsproof/harness/policy"
)

// A Wording is a fix in a gateway's own syntax.
type Wording = policy.Wording

// Fix words a fix in the syntax of the gateway, for the place in the user's
// config where it goes.
func (g *Gateway) Fix(f policy.Fix) Wording { return word(g.config, f) }

func word(c config, f policy.Fix) Wording {
	if f.Kind == "" {
		return Wording{}
	}
	w := c.word(f)
	if literal := w.Change != "" && w.Change != policy.Words; f.Kind == policy.FixUnlistOrigin && !literal {
		if unlisted, ok := c.named().unlist(f); ok {
			return unlisted
		}
	}
	return w
}

// routeParameter is a part of a route's path that stands for others: {id} for a
// segment, {page...} for the rest.
var routeParameter = regexp.MustCompile(`\{\w+(\.\.\.)?\}`)

// routeSample is a path that a route matches, and hardly any other.
func routeSample(route string) string {
	return routeParameter.ReplaceAllString(route, "corsproof-sample")
}

// comment words a fix in no syntax.
func comment(f policy.Fix) string { return "# " + f.String() }

// fixHeaders are the headers that fixes of a kind change.
var fixHeaders = map[policy.FixKind]string{
	policy.FixAllowMethod: "Access-Control-Allow-Methods", policy.FixDenyMethod: "Access-Control-Allow-Methods",
	policy.FixAllowHeader: "Access-Control-Allow-Headers", policy.FixDenyHeader: "Access-Control-Allow-Headers",
	policy.FixExpose: "Access-Control-Expose-Headers", policy.FixHide: "Access-Control-Expose-Headers",
	policy.FixMaxAge: "Access-Control-Max-Age", policy.FixVary: "Vary",
	policy.FixAllowOrigin: "Access-Control-Allow-Origin", policy.FixDenyOrigin: "Access-Control-Allow-Origin",
	policy.FixAllowCredentials: "Access-Control-Allow-Credentials", policy.FixForbidCredentials: "Access-Control-Allow-Credentials",
}

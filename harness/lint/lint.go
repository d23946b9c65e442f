package lint

import (
	"context"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/pasted"
)

// A Problem is one thing that no browser does.
type Problem struct {
	// Item is the position of the request in the list, from 0. Line is where it begins
	// in its file, and Name is the request's.
	Item int    `json:"item"`
	Line int    `json:"line"`
	Name string `json:"name"`
	// Rule is a short word that never changes, as in "body-not-allowed". The problems
	// of a response begin with "response-", those of a preflight's response with
	// "preflight-response-".
	Rule string `json:"rule"`
	// Wrong says what is wrong, Instead what to write; both without a full stop.
	Wrong   string `json:"wrong"`
	Instead string `json:"instead"`
	// Standard links the algorithm or the term that decides, Step is the step in it;
	// empty if a term decides.
	Standard string `json:"standard"`
	Step     string `json:"step,omitempty"`
}

// A rule finds the problems of one concept.
type rule struct {
	name string
	find func(context.Context, *request) ([]Problem, error)
}

// rules are in the order in which the problems of a request are reported.
var rules = []rule{
	{"method case", methodCase},
	{"refused before the network", refused},
	{"Origin", originHeader},
	{"Host", hostHeader},
	{"Sec-Fetch", fetchMetadata},
	{"never sent", neverSent},
	{"Access-Control-Request-* outside of preflights", outsidePreflight},
	{"no-cors headers", noCORSHeaders},
	{"cookies against credentials mode", cookies},
	{"preflight without origin", preflightOrigin},
	{"preflight without a method", preflightMethod},
	{"preflight not needed", preflightNeeded},
	{"preflight with credentials", preflightCredentials},
	{"preflight with the request's headers", preflightHeaders},
	{"Access-Control-Request-Headers", requestHeaders},
	{"response of a preflight", preflightResponse},
	{"response", response},
}

// Requests returns the problems of a list, in its order. An error is that of ctx,
// once that has ended.
func Requests(ctx context.Context, list []pasted.Expected) ([]Problem, error) {
	return judge(ctx, rules, list)
}

func judge(ctx context.Context, rules []rule, list []pasted.Expected) ([]Problem, error) {
	var out []Problem
	served := servedBy(list)
	for i := range list {
		r := newRequest(&list[i], served)
		for _, rule := range rules {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			problems, err := rule.find(ctx, r)
			if err != nil {
				return nil, err
			}
			for _, p := range problems {
				p.Item, p.Line, p.Name = i, r.Line, r.Name
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// standard links an anchor of the Fetch Standard.
func standard(anchor string) string { return "https://fetch.spec.whatwg.org/#" + anchor }

// one is a rule's result with a single problem.
func one(p Problem) ([]Problem, error) { return []Problem{p}, nil }

// list joins names for a sentence, and counts what is too long for one.
func list(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

package policy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/strict"
)

// Parse reads a policy file. If it has mistakes, Parse returns no policy, and the error
// joins an [*Error] for each mistake. A policy without mistakes may still be dangerous:
// see [Policy.Lint].
func Parse(name string, data []byte) (*Policy, error) {
	d, root := strict.Parse(name, data)
	p := &Policy{File: name}
	if root != nil {
		d.Decode(root, p, "")
		improve(d.Errors)
		c := checker{d: d, p: p, whole: len(d.Errors) == 0}
		c.check(Position{File: name, Line: 1, Column: 1})
	}
	if len(d.Errors) > 0 {
		slices.SortStableFunc(d.Errors, func(a, b error) int {
			x, y := a.(*Error), b.(*Error)
			return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
		})
		return nil, errors.Join(d.Errors...)
	}
	return p, nil
}

var duration = regexp.MustCompile(`^(\d{1,6})\s*([smh])$`)

// improve says what to write instead of "10m", and takes out what may be a
// secret that somebody wrote down.
func improve(mistakes []error) {
	for _, mistake := range mistakes {
		e := mistake.(*Error)
		switch {
		case strings.Contains(e.Path, ".auth"):
			e.Value = ""
		case strings.HasSuffix(e.Path, ".max_age"):
			if m := duration.FindStringSubmatch(e.Value); m != nil {
				n := 0
				if _, err := fmt.Sscan(m[1], &n); err == nil {
					e.Problem += fmt.Sprintf(" of seconds; write %d", n*map[string]int{"s": 1, "m": 60, "h": 3600}[m[2]])
				}
			}
		}
	}
}

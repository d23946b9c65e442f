package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// What the catalogue has to reach.
const (
	minMutants = 300
	minKilled  = 95 // per cent
)

// strict are the algorithms in which nothing survives but what is equivalent.
var strict = []string{"concept-cors-check", "cors-preflight-fetch-0", "concept-http-redirect-fetch"}

// A tally counts mutants.
type tally struct{ all, killed int }

func (t tally) String() string { return fmt.Sprintf("%4d of %4d killed", t.killed, t.all) }

func (t *tally) add(killed bool) {
	t.all++
	if killed {
		t.killed++
	}
}

// A summary is what a run over all mutants came to.
type summary struct {
	total        tally
	byOperator   map[rewrite.Operator]*tally
	byStrict     map[string]*tally
	panicked     int
	died         int
	chromiumOnly int
	visible      int
	// problems are what makes the run fail.
	problems []error
}

// summarize holds the results against the list of survivors.
func summarize(mutants []rewrite.Mutant, results []result, listed map[string]string) summary {
	s := summary{byOperator: map[rewrite.Operator]*tally{}, byStrict: map[string]*tally{}}
	known := map[string]bool{}
	fail := func(format string, args ...any) { s.problems = append(s.problems, fmt.Errorf(format, args...)) }
	for _, r := range results {
		m := mutants[r.Mutant-1]
		known[m.Name] = true
		if s.byOperator[m.Operator] == nil {
			s.byOperator[m.Operator] = &tally{}
		}
		s.total.add(r.killed())
		s.byOperator[m.Operator].add(r.killed())
		if slices.Contains(strict, m.Anchor) {
			if s.byStrict[m.Anchor] == nil {
				s.byStrict[m.Anchor] = &tally{}
			}
			s.byStrict[m.Anchor].add(r.killed())
		}
		s.count(r)
		reason := listed[m.Name]
		switch {
		case !r.killed() && reason == "":
			fail("%s survives: add a case that kills it, or a line with the reason to %s:\n    %s", m.Position, survivorsFile, m.Name)
		case !r.killed() && slices.Contains(strict, m.Anchor) && !strings.HasPrefix(reason, equivalent):
			fail("%s survives in an algorithm where only what is equivalent may:\n    %s", m.Position, m.Name)
		case r.killed() && reason != "":
			fail("%s is killed, and a line of %s says that it isn't; remove it:\n    %s", m.Position, survivorsFile, m.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !known[name] {
			fail("a line of %s names no mutant, remove it:\n    %s", survivorsFile, name)
		}
	}
	if s.total.all < minMutants || s.total.killed*100 < s.total.all*minKilled {
		fail("%d mutants, %d killed: at least %d are wanted, and %d %% killed", s.total.all, s.total.killed, minMutants, minKilled)
	}
	for _, anchor := range strict {
		if s.byStrict[anchor] == nil {
			fail("no mutant is in %s: the algorithm isn't found", anchor)
		}
	}
	return s
}

func (s *summary) count(r result) {
	switch {
	case r.Died != "":
		s.died++
	case r.Panicked:
		s.panicked++
	case r.Standard == "" && r.Chromium != "":
		s.chromiumOnly++
	}
	if r.Visible != "" {
		s.visible++
	}
}

// write prints the summary.
func (s *summary) write(w io.Writer) {
	fmt.Fprintf(w, "mutants    %s (%.1f %%)\n", s.total, 100*float64(s.total.killed)/float64(s.total.all))
	fmt.Fprintf(w, "           %d by an expectation with the standard profile, %d by a panic, %d by hanging or dying,\n",
		s.total.killed-s.panicked-s.died-s.chromiumOnly, s.panicked, s.died)
	fmt.Fprintf(w, "           %d with the chromium profile alone\n", s.chromiumOnly)
	fmt.Fprintf(w, "visible    %4d: killed with the chromium profile by a case that a browser can drive, so that\n", s.visible)
	fmt.Fprintf(w, "           Chromium, which that profile stands for, would disagree with the mutant\n")
	for _, anchor := range strict {
		if t := s.byStrict[anchor]; t != nil {
			fmt.Fprintf(w, "algorithm  %s  %s; the others are shown to be equivalent\n", t, anchor)
		}
	}
	for _, o := range rewrite.Operators {
		if t := s.byOperator[o.Operator]; t != nil {
			fmt.Fprintf(w, "operator   %s  %s\n", t, o.Operator)
		}
	}
	fmt.Fprintf(w, "survivors  %4d, each with its reason in %s\n", s.total.all-s.total.killed, survivorsFile)
}

// err joins the problems.
func (s *summary) err() error { return errors.Join(s.problems...) }

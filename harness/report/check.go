package report

import (
	"slices"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// CheckSchema names the format that a [CheckWriter] writes.
const CheckSchema = "corsproof.check/1"

// A Check is the check of a target against a policy: its parameters and its summary. The
// cases themselves are streamed, see [CheckWriter].
type Check struct {
	Schema  string    `json:"schema"`
	Started time.Time `json:"started"`
	// Policy is the policy's file, Target the name of its target.
	Policy      string         `json:"policy"`
	Target      CheckTarget    `json:"target"`
	Substituted []Substitution `json:"substituted,omitempty"`
}

// A CheckTarget is the target of a check.
type CheckTarget struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	// Gateway is the kind, File the config and Version the version of a gateway; all are
	// empty for a target that ran already.
	Gateway string `json:"gateway,omitempty"`
	File    string `json:"file,omitempty"`
	Version string `json:"version,omitempty"`
}

// A CheckRan is an engine that judged cases.
type CheckRan struct {
	fetch.Caller
	// Why says why it judged no more cases; empty if it judged all that it can.
	Why string `json:"why,omitempty"`
}

// A Substitution is a change in the copy of the gateway's config.
type Substitution struct {
	At  string `json:"at"` // "file:line"
	Was string `json:"was"`
	Is  string `json:"is"`
}

// A CheckedCase is a case in the report.
type CheckedCase struct {
	ID    string      `json:"id"`
	Why   string      `json:"why"`
	Rule  policy.Rule `json:"rule"`
	Route string      `json:"route,omitempty"`
	Owner string      `json:"owner,omitempty"`
	End   judge.End   `json:"end"`
	// JudgedBy names who judged the case; empty if it was not run.
	JudgedBy string `json:"judgedBy,omitempty"`
	NotRun   string `json:"notRun,omitempty"`
	Unknown  string `json:"unknown,omitempty"`
	Unsteady string `json:"unsteady,omitempty"`
	// Mismatches are the differences from the policy, Differences those between model and
	// engine.
	Mismatches  []string `json:"mismatches,omitempty"`
	Differences []string `json:"differences,omitempty"`
	// Want, Got and Engine are the expected, predicted and observed traces of a case that
	// did not pass.
	Want   []fetch.Trace `json:"want,omitempty"`
	Got    []fetch.Trace `json:"got,omitempty"`
	Engine []fetch.Trace `json:"engine,omitempty"`
}

// NewCheckedCase returns a case for the report.
func NewCheckedCase(c *judge.Checked) CheckedCase {
	out := CheckedCase{
		ID: c.Case.ID, Why: c.Case.Why, Rule: c.Case.Rule, Route: c.Case.Route, Owner: c.Case.Owner,
		End: c.End(), NotRun: c.NotRun, Unknown: c.Missing(), Unsteady: c.Unsteady,
	}
	if out.End == judge.EndNotRun {
		return out
	}
	out.JudgedBy = c.Judge()
	for _, m := range c.Mismatches {
		out.Mismatches = append(out.Mismatches, m.String())
	}
	for _, d := range c.Differences {
		out.Differences = append(out.Differences, d.String())
	}
	if out.End != judge.EndPass {
		out.Want, out.Got, out.Engine = c.Want, c.Got, c.Engine
	}
	return out
}

// A CheckSummary is the summary of a check: the counts and the findings.
type CheckSummary struct {
	Cases      int `json:"cases"`
	Passed     int `json:"passed"`
	Violations int `json:"violations"`
	Divergent  int `json:"divergent"`
	Unknown    int `json:"unknown"`
	// NotRun counts the cases that were not run; they have no verdict. Reasons counts them
	// by reason, and NotRunCases has the IDs of the first ones.
	NotRun      int                 `json:"notRun"`
	Reasons     map[string]int      `json:"reasons,omitempty"`
	NotRunCases map[string][]string `json:"notRunCases,omitempty"`
	// JudgedBy counts the cases with a verdict by who judged them.
	JudgedBy map[string]int `json:"judgedBy"`
	// Ran are the engines that judged, with the names that they report.
	Ran []CheckRan `json:"ran,omitempty"`

	Findings []judge.Finding `json:"findings"`
	// Notes are worth knowing but do not change how the check ends.
	Notes []judge.Finding `json:"notes,omitempty"`
	// Concerns are dangers in the policy itself, also if it is implemented faithfully.
	Concerns []CheckConcern `json:"concerns,omitempty"`
	// Divergences and Unknowns are the cases with these ends, by ID.
	Divergences []CaseLine `json:"divergences,omitempty"`
	Unknowns    []CaseLine `json:"unknowns,omitempty"`
	// Problems make all of the evidence unreliable.
	Problems []string `json:"problems,omitempty"`

	TookMillis int64 `json:"tookMillis"`
	// FailOn are the severities that set the exit code to 1; empty means all.
	FailOn []judge.Severity `json:"failOn,omitempty"`
}

// A CaseLine is a case with one line about it.
type CaseLine struct {
	ID   string `json:"id"`
	Line string `json:"line"`
}

// A CheckConcern is a concern of the policy's lint.
type CheckConcern struct {
	ID       policy.ConcernID `json:"id"`
	Severity policy.Severity  `json:"severity"`
	At       policy.Position  `json:"at"`
	Problem  string           `json:"problem"`
	Why      string           `json:"why"`
	Instead  string           `json:"instead"`
	Accepted string           `json:"accepted,omitempty"`
}

// exampleCases is how many cases a summary names for each reason not to run them.
const exampleCases = 5

// Add adds a case to the counts.
func (s *CheckSummary) Add(c *judge.Checked) {
	s.Cases++
	end := c.End()
	if end == judge.EndNotRun {
		s.NotRun++
		if s.Reasons == nil {
			s.Reasons, s.NotRunCases = map[string]int{}, map[string][]string{}
		}
		s.Reasons[c.NotRun]++
		if some := s.NotRunCases[c.NotRun]; len(some) < exampleCases {
			s.NotRunCases[c.NotRun] = append(some, c.Case.ID)
		}
		return
	}
	if s.JudgedBy == nil {
		s.JudgedBy = map[string]int{}
	}
	s.JudgedBy[c.Judge()]++
	switch end {
	case judge.EndPass:
		s.Passed++
	case judge.EndViolation:
		s.Violations++
	case judge.EndDivergence:
		s.Divergent++
		s.Divergences = append(s.Divergences, CaseLine{c.Case.ID, c.Differences[0].String()})
	default:
		s.Unknown++
		s.Unknowns = append(s.Unknowns, CaseLine{c.Case.ID, c.Missing()})
	}
}

// AddConcerns adds the concerns of a policy's lint.
func (s *CheckSummary) AddConcerns(concerns []policy.Concern) {
	for _, c := range concerns {
		s.Concerns = append(s.Concerns, CheckConcern{c.ID, c.Severity, c.At, c.Problem, c.Why, c.Instead, c.Accepted})
	}
}

// ExitCode returns the exit code of the command: 0 if all cases passed, otherwise the
// first that applies of 1 (violation), 4 (divergence), 3 (unknown). A check without a
// verdict is unknown.
func (s *CheckSummary) ExitCode() int {
	switch {
	case slices.ContainsFunc(s.Findings, s.fails), s.Violations > 0 && len(s.Findings) == 0:
		return 1
	case s.Divergent > 0:
		return 4
	case s.Unknown > 0, s.Cases == s.NotRun, len(s.Problems) > 0:
		return 3
	}
	return 0
}

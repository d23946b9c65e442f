package judge

import (
	"encoding/json"
	"fmt"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// An End is how a case ended for one caller.
type End string

const (
	// EndPass: the traces are what the case file expects, and those of an
	// engine what the model with the engine's profile says.
	EndPass End = "pass"
	// EndFailed: a trace isn't what the case file expects.
	EndFailed End = "failed"
	// EndDivergence: an engine's trace isn't what the model says, though it meets
	// the case file.
	EndDivergence End = "divergence"
	// EndUnknown: it could not be observed.
	EndUnknown End = "unknown"
)

// A Verdict is how a case ended for one caller, and why.
type Verdict struct {
	Caller fetch.Caller `json:"caller"`
	End    End          `json:"end"`
	// Mismatches are what the case file expects otherwise.
	Mismatches []catalog.Mismatch `json:"mismatches,omitempty"`
	// Differences are what the model with the engine's profile says otherwise,
	// by request.
	Differences []StepDifference `json:"differences,omitempty"`
	// Unknown says what was missing.
	Unknown string `json:"unknown,omitempty"`
	// Rule is the profile's, if the case file says that the engine does not meet
	// the expectation because of it.
	Rule string `json:"rule,omitempty"`
	// ExplainedBy are the rules of the engine's profile that explain the
	// mismatches of a failed case, if the engine did what its profile says.
	ExplainedBy []fetch.Rule `json:"explainedBy,omitempty"`
}

// A StepDifference is a [Difference] in one request of a case.
type StepDifference struct {
	// Step is the index of the request.
	Step int `json:"step"`
	Difference
}

// MarshalJSON implements [json.Marshaler].
func (d StepDifference) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Step int `json:"step"`
		differenceText
	}{d.Step, d.text()})
}

// UnmarshalJSON implements [json.Unmarshaler], see [Difference.UnmarshalJSON].
func (d *StepDifference) UnmarshalJSON(data []byte) error {
	var text struct {
		Step int `json:"step"`
		differenceText
	}
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	d.Step, d.Difference = text.Step, text.difference()
	return nil
}

// String says it in a line.
func (d StepDifference) String() string {
	return fmt.Sprintf("request %d: %s", d.Step+1, d.Difference)
}

// Model judges the standard's traces of a case, one for each request, with the
// mismatches that [catalog.RunModel] found.
func Model(traces []fetch.Trace, mismatches []catalog.Mismatch) Verdict {
	v := Verdict{End: EndPass, Mismatches: mismatches}
	if len(traces) > 0 {
		v.Caller = traces[0].Caller
	}
	if len(mismatches) > 0 {
		v.End = EndFailed
	}
	return v
}

// Engine judges an engine's traces of a case, one for each request, against the
// case file and against the traces of the model with the engine's profile.
func Engine(c *catalog.Case, model, engine []fetch.Trace) Verdict {
	expectations := c.Expectations()
	v := Verdict{Rule: c.Profiles[engine[0].Caller.Name], Caller: engine[0].Caller}
	for i, trace := range engine {
		if trace.Outcome.Kind == fetch.OutcomeUnknown && v.Unknown == "" {
			v.Unknown = fmt.Sprintf("request %d: %s", i+1, trace.Outcome.Error)
		}
		for _, m := range expectations[i].Judge(trace) {
			m.Step = i
			v.Mismatches = append(v.Mismatches, m)
		}
		for _, d := range Compare(model[i], trace) {
			v.Differences = append(v.Differences, StepDifference{i, d})
		}
	}
	v.decide()
	return v
}

// decide sets the end from what was found.
func (v *Verdict) decide() {
	switch {
	case v.Unknown != "":
		v.End = EndUnknown
	case v.Rule != "" && len(v.Mismatches) == 0:
		v.End = EndFailed
		v.Mismatches = []catalog.Mismatch{{
			What: "the profile's rule " + v.Rule, Want: "another outcome than the standard's", Got: "the standard's",
		}}
	case v.Rule == "" && len(v.Mismatches) > 0:
		v.End = EndFailed
	case len(v.Differences) > 0:
		v.End = EndDivergence
	default:
		v.End = EndPass
		v.Mismatches = nil // those that the rule explains
	}
}

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
	// EndPass means that the traces meet the case file, and that an engine's traces also
	// match the model with the engine's profile.
	EndPass End = "pass"
	// EndFailed means that a trace does not meet the case file.
	EndFailed End = "failed"
	// EndDivergence means that an engine's trace differs from the model, though it meets
	// the case file.
	EndDivergence End = "divergence"
	// EndUnknown means that the result could not be observed.
	EndUnknown End = "unknown"
)

// A Verdict says how a case ended for one caller, and why.
type Verdict struct {
	Caller fetch.Caller `json:"caller"`
	End    End          `json:"end"`
	// Mismatches are the differences from the case file.
	Mismatches []catalog.Mismatch `json:"mismatches,omitempty"`
	// Differences are the differences from the model with the engine's profile, by
	// request.
	Differences []StepDifference `json:"differences,omitempty"`
	// Unknown says what was missing.
	Unknown string `json:"unknown,omitempty"`
	// Rule is the rule of the profile by which, according to the case file, the engine
	// does not meet the expectation.
	Rule string `json:"rule,omitempty"`
	// ExplainedBy are the rules of the engine's profile that explain the mismatches of a
	// failed case, if the engine behaved as its profile says.
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

// String returns the difference in one line.
func (d StepDifference) String() string {
	return fmt.Sprintf("request %d: %s", d.Step+1, d.Difference)
}

// Model judges the traces of the standard's model, one for each request of a case, with
// the mismatches that [catalog.RunModel] found.
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

// Engine judges an engine's traces of a case, one for each request, against the case file
// and against the model with the engine's profile.
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

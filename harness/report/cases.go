package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// CasesSchema names the format that a [CasesWriter] writes.
const CasesSchema = "corsproof.cases/1"

// A CaseRun is a case that was run, with its evidence.
type CaseRun struct {
	ID       string `json:"id"`
	Position string `json:"position"`
	Why      string `json:"why"`
	// Verdicts has one verdict for each caller that ran the case, the model first.
	Verdicts []judge.Verdict `json:"verdicts"`
	// NotRun says, by engine, why the engine did not run the case.
	NotRun map[string]string `json:"notRun,omitempty"`
	// Traces are, request by request, those of the standard's model, of the model with
	// the engine's profile, and of the engine.
	Traces []fetch.Trace `json:"traces"`

	rerun string // the arguments that choose the case
}

// NewCaseRun returns a case that has not run yet.
func NewCaseRun(c *catalog.Case) CaseRun {
	run := CaseRun{ID: c.ID, Position: c.Position, Why: c.Why, rerun: judge.ShellWord(c.ID)}
	if !c.Builtin {
		run.rerun = judge.ShellWord(c.File()) + " --case " + run.rerun
	}
	return run
}

// End returns the most severe end of the verdicts, in the order failed, divergence,
// unknown, pass.
func (r CaseRun) End() judge.End {
	for _, end := range []judge.End{judge.EndFailed, judge.EndDivergence, judge.EndUnknown} {
		for _, v := range r.Verdicts {
			if v.End == end {
				return end
			}
		}
	}
	return judge.EndPass
}

// Diverges reports whether an engine differs from its model. Such a case may also have
// failed.
func (r CaseRun) Diverges() bool {
	return slices.ContainsFunc(r.Verdicts, func(v judge.Verdict) bool {
		return v.End != judge.EndUnknown && len(v.Differences) > 0
	})
}

// A CasesSummary is the summary of a run of cases. A case that failed and diverges counts
// as both.
type CasesSummary struct {
	Cases      int   `json:"cases"`
	Passed     int   `json:"passed"`
	Failed     int   `json:"failed"`
	Divergent  int   `json:"divergent"`
	Unknown    int   `json:"unknown"`
	TookMillis int64 `json:"tookMillis"`
	// DrivenMillis is the time for running the cases, without starting the browser and
	// opening pages.
	DrivenMillis int64    `json:"drivenMillis"`
	Engines      []Engine `json:"engines"`
	// NotRun counts, by engine, the cases that the engine did not run.
	NotRun map[string]int `json:"notRun,omitempty"`
	// Share is about the denied cases that every caller sent; nil if they were not sent.
	Share *Share `json:"share,omitempty"`
	// Problems make all of the evidence unreliable.
	Problems []string `json:"problems,omitempty"`
}

// Add counts a case.
func (s *CasesSummary) Add(r CaseRun) {
	s.Cases++
	switch r.End() {
	case judge.EndPass:
		s.Passed++
	case judge.EndFailed:
		s.Failed++
	case judge.EndUnknown:
		s.Unknown++
	}
	if r.Diverges() {
		s.Divergent++
	}
	for engine := range r.NotRun {
		if s.NotRun == nil {
			s.NotRun = map[string]int{}
		}
		s.NotRun[engine]++
	}
}

// ExitCode returns the exit code of the command: 0 if all cases passed, otherwise the
// first that applies of 1 (failed), 4 (divergence), 3 (unknown). No case at all is
// unknown.
func (s *CasesSummary) ExitCode() int {
	switch {
	case s.Failed > 0:
		return 1
	case s.Divergent > 0:
		return 4
	case s.Unknown > 0, s.Cases == 0, len(s.Problems) > 0, s.Share != nil && s.Share.Unknown() > 0:
		return 3
	}
	return 0
}

// String returns the last line of a run.
func (s *CasesSummary) String() string {
	line := fmt.Sprintf("%d cases: %d passed, %d failed, %d divergent, %d unknown", s.Cases, s.Passed, s.Failed, s.Divergent, s.Unknown)
	for _, e := range s.Engines {
		line += fmt.Sprintf("; %s %s", e.Name, e.Version)
		if n := s.NotRun[e.Name]; n > 0 {
			line += fmt.Sprintf(" (%d left to the model)", n)
		}
	}
	line += fmt.Sprintf("; %.1f s", float64(s.TookMillis)/1000)
	if s.DrivenMillis > 0 {
		line += fmt.Sprintf(", %.0f cases/s", float64(s.Cases)/(time.Duration(s.DrivenMillis)*time.Millisecond).Seconds())
	}
	return line
}

// A CasesWriter writes a run of cases as a JSON stream: an object with schema, started,
// cases, summary and, if every caller sent the denied cases, denied; one case a line.
type CasesWriter struct {
	w     io.Writer
	cases int
	err   error
}

// NewCasesWriter writes the beginning. Errors of writing are returned by
// [CasesWriter.Close].
func NewCasesWriter(w io.Writer, started time.Time) *CasesWriter {
	c := &CasesWriter{w: w}
	c.printf("{\"schema\": %q, \"started\": %q, \"cases\": [", CasesSchema, started.UTC().Format(time.RFC3339))
	return c
}

// Add writes a case.
func (c *CasesWriter) Add(r CaseRun) {
	if c.cases > 0 {
		c.printf(",")
	}
	c.cases++
	c.printf("\n")
	c.encode(r)
}

// Close writes the end of the object. denied are the denied cases with all callers; nil
// means that they were not sent.
func (c *CasesWriter) Close(s CasesSummary, denied []Differential) error {
	c.printf("\n], \"summary\": ")
	c.encode(s)
	if denied != nil {
		c.printf(", \"denied\": [")
		for i, d := range denied {
			if i > 0 {
				c.printf(",")
			}
			c.printf("\n")
			c.encode(d)
		}
		c.printf("\n]")
	}
	c.printf("}\n")
	if c.err != nil {
		return fmt.Errorf("write the cases: %w", c.err)
	}
	return nil
}

func (c *CasesWriter) printf(format string, args ...any) {
	_, err := fmt.Fprintf(c.w, format, args...)
	c.err = errors.Join(c.err, err)
}

func (c *CasesWriter) encode(v any) {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = c.w.Write(text)
	}
	c.err = errors.Join(c.err, err)
}

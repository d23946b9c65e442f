package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/judge"
)

// A JUnit collects the cases of a check for a report in the XML format of JUnit and
// Surefire: a violation is a failure, a divergence or an unknown case an error, and a
// case that was not run is skipped. It is not safe for concurrent use.
type JUnit struct {
	check Check
	cases []junitCase
}

// NewJUnit returns a report without cases.
func NewJUnit(check Check) *JUnit { return &JUnit{check: check} }

// Add adds a case. It keeps only a short text of it.
func (j *JUnit) Add(c *judge.Checked) {
	area, _, _ := strings.Cut(c.Case.ID, "/")
	out := junitCase{Name: c.Case.ID, Class: "corsproof." + j.check.Target.Name + "." + area, id: c.Case.ID}
	switch c.End() {
	case judge.EndViolation:
		var lines []string
		for _, m := range c.Mismatches {
			lines = append(lines, printable(m.String()))
		}
		if c.Unsteady != "" {
			lines = append(lines, printable("asked again: "+c.Unsteady))
		}
		out.Failure = &junitProblem{Message: c.Case.Why, Type: "violation", Text: strings.Join(lines, "\n")}
	case judge.EndDivergence:
		var lines []string
		for _, d := range c.Differences {
			lines = append(lines, printable(d.String()))
		}
		out.Error = &junitProblem{Message: "browser and model disagree", Type: "divergence", Text: strings.Join(lines, "\n")}
	case judge.EndUnknown:
		out.Error = &junitProblem{Message: printable(c.Missing()), Type: "unknown"}
	case judge.EndNotRun:
		out.Skipped = &junitSkipped{Message: printable(c.NotRun)}
	}
	j.cases = append(j.cases, out)
}

// Write writes the report. The type of a failed case is its finding.
func (j *JUnit) Write(w io.Writer, s CheckSummary) error {
	findings := map[string]*judge.Finding{}
	for i := range s.Findings {
		for _, c := range s.Findings[i].Cases {
			findings[c.ID] = cmp.Or(findings[c.ID], &s.Findings[i])
		}
	}
	suite := junitSuite{
		Name: j.check.Policy + " on " + j.check.Target.Name, Tests: len(j.cases),
		Time:      seconds(s.TookMillis),
		Timestamp: j.check.Started.UTC().Format("2006-01-02T15:04:05"), Cases: slices.Clone(j.cases),
	}
	for i := range suite.Cases {
		c := &suite.Cases[i]
		switch {
		case c.Failure != nil:
			suite.Failures++
			if f := findings[c.id]; f != nil {
				problem := *c.Failure
				problem.Type = string(f.ID)
				if c.id == f.Evidence.Case {
					problem.Text += "\n" + ExplainFinding(*f)
				} else {
					problem.Text += "\nthe cause is that of " + f.Evidence.Case
				}
				c.Failure = &problem
			}
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	for i, p := range s.Problems {
		suite.Tests++
		suite.Errors++
		suite.Cases = append(suite.Cases, junitCase{
			Name: fmt.Sprintf("problem %d", i+1), Class: "corsproof." + j.check.Target.Name,
			Error: &junitProblem{Message: printable(p), Type: "unknown"},
		})
	}
	all := junitSuites{Name: "corsproof", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Time: suite.Time, Suites: []junitSuite{suite}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// seconds is a time as the form has it.
func seconds(millis int64) string {
	return strconv.FormatFloat((time.Duration(millis) * time.Millisecond).Seconds(), 'f', 3, 64)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Skipped *junitSkipped `xml:"skipped"`
	Error   *junitProblem `xml:"error"`
	Failure *junitProblem `xml:"failure"`

	id string
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

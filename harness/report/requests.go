package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/corsproof/corsproof/harness/lint"
)

// RequestsSchema names the format of a [RequestsSummary] in JSON.
const RequestsSchema = "corsproof.requests/1"

// A RequestsSummary is what came of a list of requests. Its counts are made when it is
// written.
type RequestsSummary struct {
	// File is the list's name, Requests how many it has.
	File     string
	Requests int
	Problems []lint.Problem
}

// withProblems counts the requests that have problems; those of one follow each other.
func (s *RequestsSummary) withProblems() (n int) {
	for i, p := range s.Problems {
		if i == 0 || p.Item != s.Problems[i-1].Item {
			n++
		}
	}
	return n
}

// WriteRequests writes a line for each problem, and one with counts.
func WriteRequests(w io.Writer, s *RequestsSummary) error {
	var b strings.Builder
	for _, p := range s.Problems {
		link := p.Standard
		if p.Step != "" {
			link += ", step " + p.Step
		}
		fmt.Fprintln(&b, printable(fmt.Sprintf("%s:%d: %s: %s; %s (%s)", s.File, p.Line, p.Name, p.Wrong, p.Instead, link)))
	}
	fmt.Fprintln(&b, counted(s.Requests, "request")+", "+counted(len(s.Problems), "problem")+inRequests(s.withProblems()))
	_, err := io.WriteString(w, b.String())
	return err
}

func inRequests(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" in %d of them", n)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WriteRequestsJSON writes the summary as [RequestsSchema].
func WriteRequestsJSON(w io.Writer, s *RequestsSummary) error {
	problems := s.Problems
	if problems == nil {
		problems = []lint.Problem{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Schema       string         `json:"schema"`
		File         string         `json:"file"`
		Requests     int            `json:"requests"`
		WithProblems int            `json:"withProblems"`
		Problems     []lint.Problem `json:"problems"`
	}{RequestsSchema, s.File, s.Requests, s.withProblems(), problems})
}

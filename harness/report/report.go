package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Schema names the form of a [Report] in JSON.
const Schema = "corsproof.report/1"

// A Report is the whole evidence of one run.
type Report struct {
	Schema      string      `json:"schema"`
	Started     time.Time   `json:"started"`
	TookMillis  int64       `json:"tookMillis"`
	Environment Environment `json:"environment"`
	Proof       []Row       `json:"proof"`
	// Mechanisms are the rows on what does protect a service.
	Mechanisms []Row `json:"mechanisms"`
	// Containers are the rows on what Docker and Kubernetes enforce.
	Containers []Row `json:"containers"`

	// Strays are requests that belong to no row. One makes the run unknown.
	Strays []string `json:"strays"`

	// Refused are the places that the browser tried to reach of its own accord,
	// outside of the system under proof, and was refused.
	Refused []string `json:"refused"`
}

// An Environment is what the run ran with.
type Environment struct {
	OS        string         `json:"os"`
	Arch      string         `json:"arch"`
	Go        string         `json:"go"`
	Engines   []Engine       `json:"engines"`
	Clients   []fetch.Caller `json:"clients"`
	Addresses []Address      `json:"addresses"`
}

// An Engine is a browser that ran.
type Engine struct {
	Name    string           `json:"name"`
	Kind    fetch.CallerKind `json:"kind"`
	Version string           `json:"version"`
	Path    string           `json:"path"`
	// Flags are those of the running process.
	Flags []string `json:"flags"`
	// Preferences are those that the browser's profile began with.
	Preferences []string `json:"preferences,omitempty"`
	Sandbox     string   `json:"sandbox"`
	// Canary says what the canary found.
	Canary string `json:"canary"`
}

// An Address is where a part of the system was reached.
type Address struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// An End is how a row ended. The zero End is not valid.
type End string

const (
	EndProven    End = "proven"
	EndNotProven End = "not proven"
	// EndUnknown is a row that could not be observed.
	EndUnknown End = "unknown"
	// EndNotRun is a row that the machine has not what it takes for, see
	// [Row.Missing]. It has no verdict and is counted apart.
	EndNotRun End = "not run"
)

// A Row is one sentence of the proof, with what was run to prove it.
type Row struct {
	Number   int    `json:"number"`
	Name     string `json:"name"`
	Test     string `json:"test"` // of package scenarios, that runs the row
	Sentence string `json:"sentence"`
	End      End    `json:"end"`
	// Missing says what the machine lacks for the row, and its cure. With it the
	// row was not run.
	Missing string `json:"missing,omitempty"`
	// Part is what CORSPROOF_REQUIRE calls what is missing.
	Part string `json:"part,omitempty"`
	Legs []Leg  `json:"legs"`
}

// A Role tells an experiment from its controls.
type Role string

const (
	RoleExperiment Role = "experiment"
	RoleControl    Role = "control"
)

// A Leg is an experiment or a control, with its evidence.
type Leg struct {
	Role  Role   `json:"role"`
	Tried string `json:"tried"`

	// The four cells of the table, in a few words. Empty means that the leg
	// says nothing on it.
	Browser  string `json:"browser,omitempty"`
	Direct   string `json:"direct,omitempty"`
	Enforced string `json:"enforced,omitempty"`
	Evidence string `json:"evidence,omitempty"`

	End      End      `json:"end"`
	Failures []string `json:"failures,omitempty"` // what was not as it had to be
	Unknown  string   `json:"unknown,omitempty"`  // what could not be observed

	TookMillis int64         `json:"tookMillis"`
	Traces     []fetch.Trace `json:"traces"`
	// Setup says which server speaks CORS in the leg, and for whom.
	Setup string `json:"setup"`
	// Differentials are requests that all callers made, side by side.
	Differentials []Differential `json:"differentials,omitempty"`
	// Shown is what the page showed after each click, in order.
	Shown []Shown `json:"shown,omitempty"`
	// Behind are the exchanges that the services had among themselves for the
	// direct clients.
	Behind []fetch.Exchange `json:"behind,omitempty"`
	// Facts are further observations by name: rows counted by SQL, digests.
	Facts map[string]any `json:"facts,omitempty"`
	// Screenshot is the name of a picture beside the report.
	Screenshot string `json:"screenshot,omitempty"`
}

// Shown is what a page showed after a click.
type Shown struct {
	State  string `json:"state"` // "ok" or "error"
	Text   string `json:"text"`
	Orders int    `json:"orders"` // rows of its table
	// Behind are the exchanges that the services had among themselves for it.
	Behind []fetch.Exchange `json:"behind,omitempty"`
}

// End returns how the whole run ended: unknown if something belongs to no row
// or could not be observed, or if nothing was proven, not proven if a row wasn't. A row
// that was not run doesn't count.
func (r *Report) End() End {
	end := EndProven
	for _, row := range r.Rows() {
		switch row.End {
		case EndProven, EndNotRun:
		case EndNotProven:
			return EndNotProven
		default:
			end = EndUnknown
		}
	}
	proven := func(row Row) bool { return row.End == EndProven }
	if len(r.Strays) > 0 || !slices.ContainsFunc(r.Rows(), proven) {
		return EndUnknown
	}
	return end
}

// Rows returns the rows of all tables.
func (r *Report) Rows() []Row { return slices.Concat(r.Proof, r.Mechanisms, r.Containers) }

// ExitCode returns the exit code of the command for the end.
func (e End) ExitCode() int {
	switch e {
	case EndProven:
		return 0
	case EndNotProven:
		return 1
	}
	return 3
}

// WriteJSON writes the report, indented.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// Save writes the report to a file, whole or not at all.
func (r *Report) Save(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("save the report: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("save the report: %w", err)
		}
	}()
	if err := r.WriteJSON(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

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

// Schema names the JSON format of a [Report].
const Schema = "corsproof.report/1"

// A Report is the evidence of one run.
type Report struct {
	Schema      string      `json:"schema"`
	Started     time.Time   `json:"started"`
	TookMillis  int64       `json:"tookMillis"`
	Environment Environment `json:"environment"`
	Proof       []Row       `json:"proof"`
	// Mechanisms are the rows about what does protect a service.
	Mechanisms []Row `json:"mechanisms"`
	// Containers are the rows about what Docker and Kubernetes enforce.
	Containers []Row `json:"containers"`

	// Strays are requests that belong to no row. A single one makes the run unknown.
	Strays []string `json:"strays"`

	// Refused are the addresses outside of the system under proof that the browser tried
	// to reach by itself, and was refused.
	Refused []string `json:"refused"`
}

// An Environment describes what the run used.
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
	// Flags are the command-line flags of the running process.
	Flags []string `json:"flags"`
	// Preferences are the initial preferences of the browser's profile.
	Preferences []string `json:"preferences,omitempty"`
	Sandbox     string   `json:"sandbox"`
	// Canary is the result of the canary.
	Canary string `json:"canary"`
}

// An Address is where a part of the system listens.
type Address struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// An End is how a row ended. The zero End is not valid.
type End string

const (
	EndProven    End = "proven"
	EndNotProven End = "not proven"
	// EndUnknown means that the row could not be observed.
	EndUnknown End = "unknown"
	// EndNotRun means that the machine lacks a prerequisite of the row, see
	// [Row.Missing]. The row has no verdict and is counted separately.
	EndNotRun End = "not run"
)

// A Row is one statement of the proof, with the experiments that prove it.
type Row struct {
	Number   int    `json:"number"`
	Name     string `json:"name"`
	Test     string `json:"test"` // of package scenarios, that runs the row
	Sentence string `json:"sentence"`
	End      End    `json:"end"`
	// Missing is the missing prerequisite of the row and how to install it. If set, the
	// row was not run.
	Missing string `json:"missing,omitempty"`
	// Part is the name of the missing prerequisite in CORSPROOF_REQUIRE.
	Part string `json:"part,omitempty"`
	Legs []Leg  `json:"legs"`
}

// A Role distinguishes an experiment from its controls.
type Role string

const (
	RoleExperiment Role = "experiment"
	RoleControl    Role = "control"
)

// A Leg is an experiment or a control, with its evidence.
type Leg struct {
	Role  Role   `json:"role"`
	Tried string `json:"tried"`

	// The four cells of the table, in a few words. An empty cell means that the leg says
	// nothing about it.
	Browser  string `json:"browser,omitempty"`
	Direct   string `json:"direct,omitempty"`
	Enforced string `json:"enforced,omitempty"`
	Evidence string `json:"evidence,omitempty"`

	End      End      `json:"end"`
	Failures []string `json:"failures,omitempty"` // what was wrong
	Unknown  string   `json:"unknown,omitempty"`  // what could not be observed

	TookMillis int64         `json:"tookMillis"`
	Traces     []fetch.Trace `json:"traces"`
	// Setup says which server sends CORS headers in the leg, and for which origins.
	Setup string `json:"setup"`
	// Differentials are the requests that all callers sent.
	Differentials []Differential `json:"differentials,omitempty"`
	// Shown is what the page showed after each click, in order.
	Shown []Shown `json:"shown,omitempty"`
	// Behind are the exchanges between the services for the direct clients.
	Behind []fetch.Exchange `json:"behind,omitempty"`
	// Facts are further observations by name, such as rows counted by SQL, or digests.
	Facts map[string]any `json:"facts,omitempty"`
	// Screenshot is the name of an image next to the report.
	Screenshot string `json:"screenshot,omitempty"`
}

// Shown is what a page showed after a click.
type Shown struct {
	State  string `json:"state"` // "ok" or "error"
	Text   string `json:"text"`
	Orders int    `json:"orders"` // rows of its table
	// Behind are the exchanges between the services for this click.
	Behind []fetch.Exchange `json:"behind,omitempty"`
}

// End returns how the run ended: unknown if a request belongs to no row, if something
// could not be observed or if nothing was proven; not proven if a row was not proven.
// Rows that were not run do not count.
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

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// Save writes the report to a file, completely or not at all.
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

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers/gateway"
)

// checkReports says where the reports of a check go.
type checkReports struct {
	json, junit, markdown string
	annotations           bool
	failOn                string
}

func (r *checkReports) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.json, "json", "", "write every case and finding to this `file`, as "+report.CheckSchema)
	cmd.Flags().StringVar(&r.junit, "junit", "", "write a JUnit report to this `file`")
	cmd.Flags().StringVar(&r.markdown, "markdown", "", "append a summary in Markdown to this `file`, such as $GITHUB_STEP_SUMMARY")
	cmd.Flags().BoolVar(&r.annotations, "annotations", os.Getenv("GITHUB_ACTIONS") == "true", "print annotations for GitHub Actions; on by default there")
	cmd.Flags().StringVar(&r.failOn, "fail-on", "", "the `severities`, with commas between, that make the exit code 1: outage, hole, masked, performance, annoyance; all if empty")
}

// A checkRun is a check that was made.
type checkRun struct {
	policy  *policy.Policy
	file    string
	target  string
	started time.Time
	checked []*judge.Checked
	// gateway is nil for a target that ran already.
	gateway *gateway.Gateway
	kind    gateway.Kind
	config  string
	share   harness.BrowserShare
}

// check describes the check for a report.
func (run *checkRun) check(view *policy.View) report.Check {
	c := report.Check{
		Started: run.started, Policy: run.file, Target: report.CheckTarget{Name: run.target, URL: view.Target.URL.Text},
	}
	if run.gateway != nil {
		c.Target.Gateway, c.Target.File, c.Target.Version = string(run.kind), run.config, run.gateway.Version()
		for _, s := range run.gateway.Substitutions() {
			c.Substituted = append(c.Substituted, report.Substitution{At: fmt.Sprintf("%s:%d", s.File, s.Line), Was: s.From, Is: s.To})
		}
	}
	why := map[harness.BrowserShare]string{harness.BrowserDecisions: "it judged one case of each decision"}[run.share]
	seen := map[fetch.Caller]bool{}
	for _, one := range run.checked {
		for _, t := range one.Engine {
			if !seen[t.Caller] {
				seen[t.Caller] = true
				c.Ran = append(c.Ran, report.CheckRan{Caller: t.Caller, Why: why})
			}
		}
	}
	return c
}

// write makes all reports, and returns the exit code.
func (r *checkReports) write(w io.Writer, run *checkRun) (int, error) {
	failOn, err := report.ParseFailOn(r.failOn)
	if err != nil {
		return exitUsage, err
	}
	view, err := run.policy.On(run.target)
	if err != nil {
		return exitUsage, err
	}
	check := run.check(view)
	summary := report.CheckSummary{FailOn: failOn}
	collector := judge.NewCollector(judge.CollectorConfig{View: view})
	junit := report.NewJUnit(check)
	for _, one := range run.checked {
		summary.Add(one)
		collector.Add(one)
		junit.Add(one)
	}
	summary.Findings, summary.Notes = collector.Findings()
	summary.AddConcerns(run.policy.Lint())
	summary.TookMillis = time.Since(run.started).Milliseconds()
	if run.gateway != nil {
		for i := range summary.Findings {
			f := &summary.Findings[i]
			if worded := run.gateway.Fix(f.Fix); worded.Text != "" {
				f.Wording = &judge.Wording{Text: worded.Text, File: worded.File, Line: worded.Line}
			}
		}
	}
	report.WriteCheck(w, summary, styleOf(w))
	if r.annotations {
		err = errors.Join(err, report.WriteAnnotations(w, summary))
	}
	if r.json != "" {
		err = errors.Join(err, writeFile(r.json, func(w io.Writer) error {
			out := report.NewCheckWriter(w, check)
			for _, one := range run.checked {
				out.Add(one)
			}
			return out.Close(summary)
		}))
	}
	if r.junit != "" {
		err = errors.Join(err, writeFile(r.junit, func(w io.Writer) error { return junit.Write(w, summary) }))
	}
	if r.markdown != "" {
		err = errors.Join(err, appendFile(r.markdown, func(w io.Writer) error { return report.WriteCheckMarkdown(w, check, summary) }))
	}
	return summary.ExitCode(), err
}

// writeFile writes a file, whole or not at all.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".corsproof-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// appendFile appends to a file in one piece.
func appendFile(path string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	return errors.Join(err, f.Close())
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a finding is, how it shows, and how it is fixed; without an ID, list all",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, k := range judge.Kinds() {
					fmt.Fprintf(cmd.OutOrStdout(), "%-40s %-12s %s\n", k.ID, k.Severity, k.Title)
				}
				return nil
			}
			text, ok := judge.Explain(judge.FindingID(args[0]))
			if !ok {
				return fmt.Errorf("%q is no finding; 'corsproof explain' lists all", args[0])
			}
			fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(text.String()))
			return nil
		},
	}
}

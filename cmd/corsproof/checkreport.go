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

// A checkRun is a check that is made.
type checkRun struct {
	policy  *policy.Policy
	file    string
	target  string
	started time.Time
	// gateway is nil for a target that ran already.
	gateway *gateway.Gateway
	kind    gateway.Kind
	config  string
}

// check describes the check for a report, once the target runs.
func (run *checkRun) check() report.Check {
	c := report.Check{Started: run.started, Policy: run.file, Target: report.CheckTarget{Name: run.target}}
	if view, err := run.policy.On(run.target); err == nil {
		c.Target.URL = view.Target.URL.Text
	}
	if run.gateway != nil {
		c.Target.Gateway, c.Target.File, c.Target.Version = string(run.kind), run.config, run.gateway.Version()
		for _, s := range run.gateway.Substitutions() {
			c.Substituted = append(c.Substituted, report.Substitution{At: fmt.Sprintf("%s:%d", s.File, s.Line), Was: s.From, Is: s.To})
		}
	}
	return c
}

// openReports are reports that are being written while a check goes on.
type openReports struct {
	*checkReports
	run    *checkRun
	failOn []judge.Severity

	spool *os.File // of the JSON, which has no name; nil if nobody wants it
	cases *report.CheckWriter
	suite *report.JUnit
}

// begin opens what is written case by case. Whoever began it closes it.
func (r *checkReports) begin(run *checkRun) (*openReports, error) {
	o := &openReports{checkReports: r, run: run}
	var err error
	if o.failOn, err = report.ParseFailOn(r.failOn); err != nil || r.json == "" {
		return o, err
	}
	if o.spool, err = os.CreateTemp("", "corsproof-report-"); err != nil {
		return nil, err
	}
	// Without a name nothing is left of it, whatever becomes of this process.
	if err := os.Remove(o.spool.Name()); err != nil {
		return nil, errors.Join(err, o.spool.Close())
	}
	return o, nil
}

// probe tells at once, not after the check, that a report can't be written.
func (r *checkReports) probe() error {
	var errs []error
	for _, at := range []struct{ flag, path string }{{"json", r.json}, {"junit", r.junit}, {"markdown", r.markdown}} {
		if at.path == "" {
			continue
		}
		if info, err := os.Stat(at.path); err == nil && info.IsDir() {
			errs = append(errs, fmt.Errorf("--%s %s: it is a folder; name a file", at.flag, at.path))
			continue
		}
		folder := filepath.Dir(at.path)
		f, err := os.CreateTemp(folder, ".corsproof-*")
		if err != nil {
			reason := err
			if p, ok := errors.AsType[*os.PathError](err); ok {
				reason = p.Err
			}
			errs = append(errs, fmt.Errorf("--%s %s: can't write in %s: %w", at.flag, at.path, folder, reason))
			continue
		}
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	return errors.Join(errs...)
}

func (o *openReports) close() {
	if o.spool != nil {
		o.spool.Close()
	}
}

// first opens the reports that say what runs.
func (o *openReports) first() {
	if o.spool != nil && o.cases == nil {
		o.cases = report.NewCheckWriter(o.spool, o.run.check())
	}
	if o.junit != "" && o.suite == nil {
		o.suite = report.NewJUnit(o.run.check())
	}
}

func (o *openReports) add(c *judge.Checked) error {
	o.first()
	if o.cases != nil {
		o.cases.Add(c)
	}
	if o.suite != nil {
		o.suite.Add(c)
	}
	return nil
}

// end writes all reports.
func (o *openReports) end(w io.Writer, s *report.CheckSummary) error {
	o.first()
	s.FailOn = o.failOn
	report.WriteCheck(w, *s, styleOf(w))
	var errs []error
	if o.annotations {
		errs = append(errs, report.WriteAnnotations(w, *s))
	}
	if o.cases != nil {
		errs = append(errs, o.cases.Close(*s), o.keep())
	}
	if o.suite != nil {
		errs = append(errs, writeFile(o.junit, func(w io.Writer) error { return o.suite.Write(w, *s) }))
	}
	if o.markdown != "" {
		errs = append(errs, appendFile(o.markdown, func(w io.Writer) error { return report.WriteCheckMarkdown(w, o.run.check(), *s) }))
	}
	return errors.Join(errs...)
}

// keep copies the spooled report to its place.
func (o *openReports) keep() error {
	if _, err := o.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return writeFile(o.json, func(w io.Writer) error {
		_, err := io.Copy(w, o.spool)
		return err
	})
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/scenarios"
	"github.com/corsproof/corsproof/servers"
)

type demo struct {
	rows   []string // names of those that are run; none means all
	out    string
	ports  string
	keep   bool
	stdout io.Writer

	mu     sync.Mutex // guards stderr: servers report their start concurrently
	stderr io.Writer
}

func demoCommand() *cobra.Command {
	d := &demo{}
	cmd := &cobra.Command{
		Use:   "demo [ROW]...",
		Short: "Start the whole system and prove in a real Chromium who enforces CORS",
		Long: `Start React, FastAPI, Node.js, PostgreSQL and nginx. Drive the page in a real headless Chromium, send the
same requests with net/http, curl, Node's fetch, Python's httpx, newman, jsdom and happy-dom, and print
who enforced CORS. Then repeat it with what does protect a service (an API key, a JWT, mutual TLS, an
internal network, a security group, a service mesh) and with the services in containers.

The network rows need root. The container rows need a Docker Engine and the images that 'corsproof setup
--containers' builds. Rows without their prerequisites are reported as not run. CORSPROOF_REQUIRE lists
prerequisites that must be met, for example docker,internal-network, or all.

Name rows to run only those, for example: corsproof demo react-to-node internal-network. An unknown name
prints all names.

Exit codes: 0 all rows that ran are proven; 1 a row is not proven; 2 wrong use; 3 something could not be
observed, or was required and did not run.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			d.rows, d.stdout, d.stderr = args, cmd.OutOrStdout(), cmd.ErrOrStderr()
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&d.out, "out", "corsproof-demo", "`folder` for report.json and the screenshots; created if missing")
	cmd.Flags().StringVar(&d.ports, "ports", string(servers.PortsFree), "free (any free ports) or story (page 5173, FastAPI 8000, Node 5000)")
	cmd.Flags().BoolVar(&d.keep, "keep", false, "keep the system running and print its URLs, until Ctrl-C")
	return cmd
}

func (d *demo) run(ctx context.Context) (err error) {
	ports := servers.Ports(d.ports)
	if ports != servers.PortsFree && ports != servers.PortsStory {
		return fmt.Errorf("--ports %q: must be free or story", d.ports)
	}
	proof, mechanisms, containers, err := d.choose()
	if err != nil {
		return err
	}
	if err := d.prepareOut(); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	installed, err := servers.Install(ctx, servers.InstallConfig{Progress: d.stderr})
	if err != nil {
		return &exitError{exitUnknown, causeOr(ctx, err)}
	}
	// A missing requirement fails the run up front, not after all the rest.
	if err := scenarios.Lacking(ctx, installed, slices.Concat(mechanisms, containers)); err != nil {
		return &exitError{exitUnknown, err}
	}
	stage, err := scenarios.OpenStage(ctx, scenarios.StageConfig{
		Installed: installed, Ports: ports, Screenshots: d.out, Gone: func(err error) { cancel(err) },
		Progress: func(what string, took time.Duration) { d.say("started %s (%.1f s)", what, took.Seconds()) },
	})
	if err != nil {
		return &exitError{exitUnknown, err}
	}
	defer func() {
		if closeErr := stage.Close(); closeErr != nil {
			code := exitUnknown
			if exit, ok := errors.AsType[*exitError](err); ok {
				code = exit.code
			}
			err = &exitError{code, errors.Join(err, fmt.Errorf("clean up: %w", closeErr))}
		}
	}()

	ran := map[string][]report.Row{}
	for _, part := range []struct {
		what string
		rows []scenarios.Row
	}{{"row", proof}, {"mechanism", mechanisms}, {"container row", containers}} {
		if ran[part.what], err = scenarios.Run(ctx, stage, part.rows, d.sayRow(part.what)); err != nil {
			return &exitError{exitUnknown, err}
		}
	}
	rep, err := stage.Report(ctx, ran["row"], ran["mechanism"], ran["container row"])
	if err != nil {
		return &exitError{exitUnknown, causeOr(ctx, err)}
	}
	file := filepath.Join(d.out, reportFile)
	rep.WriteProof(d.stdout, styleOf(d.stdout))
	if err := rep.Save(file); err != nil {
		return &exitError{exitUnknown, err}
	}
	fmt.Fprintf(d.stdout, "evidence: %s\n", file)
	for _, picture := range pictures {
		if _, err := os.Stat(filepath.Join(d.out, picture)); err == nil {
			fmt.Fprintf(d.stdout, "picture:  %s\n", filepath.Join(d.out, picture))
		}
	}

	if d.keep {
		if err := d.keepRunning(ctx, stage); err != nil {
			return &exitError{exitUnknown, err}
		}
	}
	if code := rep.End().ExitCode(); code != exitProven {
		return &exitError{code, fmt.Errorf("result of the proof: %s", rep.End())}
	}
	return nil
}

// choose returns the rows of the three tables that are to be run.
func (d *demo) choose() (proof, mechanisms, containers []scenarios.Row, err error) {
	var names []string
	for _, row := range slices.Concat(scenarios.Proof(), scenarios.Mechanisms(), scenarios.Containers()) {
		names = append(names, row.Name)
	}
	for _, name := range d.rows {
		if !slices.Contains(names, name) {
			return nil, nil, nil, fmt.Errorf("%q is not a row; the rows are %s", name, strings.Join(names, ", "))
		}
	}
	chosen := func(rows []scenarios.Row) []scenarios.Row {
		return slices.DeleteFunc(rows, func(r scenarios.Row) bool { return len(d.rows) > 0 && !slices.Contains(d.rows, r.Name) })
	}
	return chosen(scenarios.Proof()), chosen(scenarios.Mechanisms()), chosen(scenarios.Containers()), nil
}

// sayRow says how each row ended.
func (d *demo) sayRow(what string) func(report.Row) {
	return func(row report.Row) {
		d.say("%s %d, %s: %s", what, row.Number, row.Sentence, row.End)
		for _, leg := range row.Legs {
			if leg.Unknown != "" {
				d.say("  %s: %s", leg.Role, leg.Unknown)
			}
		}
	}
}

// What the demo writes into its folder.
const reportFile = "report.json"

var pictures = []string{"blocked.png", "working.png"}

// prepareOut makes the folder, sees that it can be written to, and removes what
// an earlier run left there: old evidence must not pass for this run's.
func (d *demo) prepareOut() error {
	if d.out == "" {
		return errors.New("is empty; give a folder")
	}
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return err
	}
	for _, old := range append([]string{reportFile}, pictures...) {
		if err := os.Remove(filepath.Join(d.out, old)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	probe, err := os.CreateTemp(d.out, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// keepRunning leaves the system to a person until ctx ends. A signal is the
// way to end it, so it is no error.
func (d *demo) keepRunning(ctx context.Context, stage *scenarios.Stage) error {
	if err := stage.Play(ctx); err != nil {
		return causeOr(ctx, err)
	}
	fmt.Fprintf(d.stdout, `
The system keeps running. Open the page and press its buttons:
  page      %s
  FastAPI   http://%s/orders   CORS on for the page: its buttons work
  Node      http://%s/orders   CORS off: the browser blocks the page, curl reads it
  gateway   http://%s/api/orders, /node/orders   CORS off: curl reads it, Node's part is blocked for the page
Ctrl-C ends it.
`, stage.URL(), stage.System.FastAPI.Addr(), stage.System.Node.Addr(), stage.System.Gateway.Addr())
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, errInterrupted) {
		return err
	}
	return nil
}

func (d *demo) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.stderr, format+"\n", args...)
}

// styleOf says how to write to w: in colour on a terminal, unless NO_COLOR says
// otherwise (https://no-color.org).
func styleOf(w io.Writer) report.Style {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return report.StylePlain
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("TERM") == "dumb" {
		return report.StylePlain
	}
	return report.StyleColor
}

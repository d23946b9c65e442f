// Command corsproof proves, with a real browser, who enforces CORS. See
// `corsproof help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
)

// Exit codes, as the README states them.
const (
	exitProven    = 0
	exitNotProven = 1
	exitUsage     = 2
	exitUnknown   = 3
	// exitDivergence: the browser did other than the model of it says.
	exitDivergence = 4
)

// An exitError carries the exit code with the reason.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// graver returns the first of two exit codes in the order 1, 4, 3, 0.
func graver(a, b int) int {
	order := []int{exitNotProven, exitDivergence, exitUnknown, exitProven}
	if slices.Index(order, a) <= slices.Index(order, b) {
		return a
	}
	return b
}

// cleanedUp is the end of a command that had to clean up: what it ended with and, if
// that failed, why.
func cleanedUp(ended, failed error) error {
	if failed == nil {
		return ended
	}
	failed = fmt.Errorf("clean up: %w", failed)
	exit, ok := errors.AsType[*exitError](ended)
	switch {
	case ended == nil:
		return &exitError{exitUnknown, failed}
	case !ok:
		return errors.Join(ended, failed)
	case exit.err == nil:
		return &exitError{graver(exit.code, exitUnknown), failed}
	}
	return &exitError{graver(exit.code, exitUnknown), errors.Join(exit.err, failed)}
}

// errInterrupted is why everything ends after a signal.
var errInterrupted = errors.New("interrupted")

func main() { os.Exit(runCommand()) }

func runCommand() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		s := <-signals
		fmt.Fprintln(os.Stderr, "corsproof: cleaning up")
		cancel(fmt.Errorf("%w (%s)", errInterrupted, s))
		signal.Stop(signals) // a second signal ends the program at once; the next run sweeps
	}()
	ran, err := command().ExecuteContextC(ctx)
	if err == nil {
		return exitProven
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		if _, ok := errors.AsType[*policy.Error](err); ok {
			fmt.Fprintln(os.Stderr, report.Printable(err.Error())) // each mistake in a file is a line that begins with its place
		} else {
			fmt.Fprintf(os.Stderr, "corsproof: %s\nSee '%s --help'.\n", report.Printable(err.Error()), ran.CommandPath())
		}
		return exitUsage
	}
	if exit.err != nil {
		fmt.Fprintf(os.Stderr, "corsproof: %s\n", report.Printable(exit.err.Error()))
	}
	return exit.code
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "corsproof",
		Short: "Find CORS mistakes with a real browser",
		Long: `corsproof finds CORS mistakes with a real browser.

  Check a gateway config         corsproof example, then corsproof check cors.yaml
  Prove who enforces CORS        corsproof demo
  Look up a kind of finding      corsproof explain
  Check a test suite's requests  corsproof lint-requests

Exit codes: 0 proven or passed; 1 a row is not proven or a case failed; 2 wrong use, or a mistake in an
input file; 3 something could not be observed (an interruption, a failed set-up or a taken port, too);
4 browser and model disagree.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	cobra.EnableCommandSorting = false // what most people come for comes first
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Check a gateway:", []*cobra.Command{exampleCommand(), checkCommand(), casesCommand(), explainCommand(), lintRequestsCommand()}},
		{"Prove who enforces CORS:", []*cobra.Command{demoCommand()}},
		{"Test the Fetch Standard's rules:", []*cobra.Command{runCommandOf(), fuzzCommand()}},
		{"Set up:", []*cobra.Command{setupCommand(), doctorCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.SetHelpCommandGroupID("Set up:")
	return root
}

package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/cases"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

type runCases struct {
	engines []string
	json    string
	only    string
	list    bool
	callers bool
	timeout time.Duration

	stdout   io.Writer
	progress *progress
	bad      []report.CaseRun
	writer   *report.CasesWriter
	denied   []report.Differential
}

func runCommandOf() *cobra.Command {
	r := &runCases{}
	cmd := &cobra.Command{
		Use:   "run [FILE|DIR|ID-GLOB]...",
		Short: "Run written cases on the model and in a real Chromium",
		Long: `Run cases: of the built-in catalogue (all, or those whose ID matches a glob such as 'preflight/*' or
'cors-check/**'), or of your own case files. The case file is the expectation. A case has failed if the
model or the browser does not meet it. It is a divergence if the browser does not do what the model
predicts for it. A case can be both and counts as both.

With --callers, each request whose response the browser withheld is also sent by every client that is not
a browser, to the same scripted responses. The command prints the share of these cases in which every
direct client (net/http, curl, Node's fetch, httpx, newman) read, byte for byte, what the browser
withheld, and lists the exceptions.

Exit codes: 0 all passed; 1 a case failed; 2 wrong use, or a mistake in a case file; 3 something could not
be observed; 4 a divergence. If several apply, the first in the order 1, 4, 3.`,
		Example: `  corsproof run --engine chromium
  corsproof run 'cors-check/**' --engine model
  corsproof run my-cases/ --json cases.json
  corsproof run --callers`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.stdout = cmd.OutOrStdout()
			r.progress = newProgress(cmd.ErrOrStderr())
			return r.run(cmd.Context(), args)
		},
	}
	cmd.Flags().StringSliceVar(&r.engines, "engine", []string{string(browser.EngineModel), string(browser.EngineChromium)}, "engines to run the cases on, of `model,chromium`; the model always runs")
	cmd.Flags().StringVar(&r.json, "json", "", "write every trace and verdict to this `file`, as "+report.CasesSchema)
	cmd.Flags().StringVar(&r.only, "case", "", "run only the cases with this `ID`; * matches within a part, ** matches several parts")
	cmd.Flags().BoolVar(&r.list, "list", false, "list the case IDs and run nothing")
	cmd.Flags().BoolVar(&r.callers, "callers", false, "send denied requests with every other client too, and print which ones read the response")
	cmd.Flags().DurationVar(&r.timeout, "timeout", cases.DefaultTimeout, "limit for one request in the browser")
	return cmd
}

func (r *runCases) run(ctx context.Context, args []string) (err error) {
	engines, err := parseEngines(r.engines)
	if err != nil {
		return err
	}
	if r.callers && !slices.Contains(engines, browser.EngineChromium) {
		return fmt.Errorf("--callers requires --engine %s, since it repeats what the browser denied", browser.EngineChromium)
	}
	if r.timeout <= 0 {
		return fmt.Errorf("--timeout %v: must be positive", r.timeout)
	}
	selected, err := loadCases(ctx, args)
	if err == nil && r.only != "" {
		selected, err = matching(selected, r.only, "--case %q: no such case; --list prints all IDs")
	}
	if err != nil {
		return err
	}
	if r.list {
		for i := range selected {
			fmt.Fprintln(r.stdout, selected[i].ID)
		}
		return nil
	}
	finish, err := r.openJSON(ctx, args)
	if err != nil {
		return err
	}
	r.progress.total = len(selected)
	summary, err := cases.Run(ctx, cases.Config{Cases: selected, Engines: engines, Timeout: r.timeout, Each: r.each})
	r.progress.end()
	if err == nil && r.callers {
		err = r.compare(ctx, selected, &summary)
	}
	err = causeOr(ctx, err)
	r.print(summary)
	whole := err == nil
	if err = errors.Join(err, finish(summary, whole)); err != nil {
		return &exitError{graver(summary.ExitCode(), exitUnknown), err}
	}
	if code := summary.ExitCode(); code != exitProven {
		return &exitError{code, nil}
	}
	return nil
}

// compare makes the calls of the denied cases by every caller.
func (r *runCases) compare(ctx context.Context, selected []catalog.Case, summary *report.CasesSummary) (err error) {
	r.progress.say("sending the denied requests with every other client")
	defer r.progress.end()
	in, err := servers.Install(ctx, servers.InstallConfig{Progress: r.progress.w})
	if err != nil {
		return err
	}
	lab, err := harness.NewLab(harness.LabConfig{Programs: direct.Programs{Dir: in.Clients, Node: in.Node, Python: in.Python}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	r.denied, err = cases.CompareDenied(ctx, lab, selected)
	switch {
	case err == nil:
	case ctx.Err() == nil && browser.IsEvidenceProblem(err):
		summary.Problems = append(summary.Problems, err.Error())
		err = nil
	default:
		return err
	}
	share := harness.ShareOf(r.denied)
	summary.Share = &share
	return nil
}

func (r *runCases) each(c report.CaseRun) {
	end := c.End()
	if end != judge.EndPass {
		r.bad = append(r.bad, c)
	}
	r.progress.add(end != judge.EndPass)
	if r.writer != nil {
		r.writer.Add(c)
	}
}

// print prints what did not pass, the gravest first, and the summary.
func (r *runCases) print(s report.CasesSummary) {
	order := []judge.End{judge.EndFailed, judge.EndDivergence, judge.EndUnknown}
	slices.SortStableFunc(r.bad, func(a, b report.CaseRun) int {
		return slices.Index(order, a.End()) - slices.Index(order, b.End())
	})
	for _, c := range r.bad {
		fmt.Fprintln(r.stdout, c.Explain())
	}
	for _, p := range s.Problems {
		fmt.Fprintf(r.stdout, "the evidence is not reliable: %s\n", p)
	}
	fmt.Fprintln(r.stdout, s.String())
	if s.Share != nil {
		report.WriteShare(r.stdout, *s.Share)
	}
}

// openJSON begins the file. finish ends it; the file appears whole or, if the run
// did not come to its end, not at all.
func (r *runCases) openJSON(ctx context.Context, args []string) (finish func(s report.CasesSummary, whole bool) error, err error) {
	out, err := findOutput("--json", r.json)
	if err != nil || out == nil {
		return func(report.CasesSummary, bool) error { return nil }, err
	}
	if err := refuseInputs([]*outputFile{out}, caseFiles(args)...); err != nil {
		return nil, err
	}
	spool, err := openSpool()
	if err != nil {
		return nil, fmt.Errorf("--json: %w", err)
	}
	buffered := bufio.NewWriter(spool)
	r.writer = report.NewCasesWriter(buffered, time.Now())
	return func(s report.CasesSummary, whole bool) error {
		defer spool.Close()
		err := errors.Join(r.writer.Close(s, r.denied), buffered.Flush())
		if err != nil {
			return fmt.Errorf("--json: %w", err)
		}
		if !whole {
			return nil
		}
		return out.keep(ctx, spool)
	}, nil
}

// caseFiles returns the files of cases that the arguments name, those in folders in the
// order of their names.
func caseFiles(args []string) []string {
	var files []string
	for _, arg := range args {
		root := arg
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			root += string(filepath.Separator) // a link's folder is meant
		}
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (path == arg || strings.HasSuffix(path, ".yaml")) {
				files = append(files, path)
			}
			return nil // whoever reads it says what is wrong
		})
	}
	return files
}

func parseEngines(names []string) ([]browser.EngineName, error) {
	var engines []browser.EngineName
	for _, name := range names {
		engine := browser.EngineName(strings.TrimSpace(name))
		if !slices.Contains(browser.EngineNames, engine) {
			return nil, fmt.Errorf("--engine %q: must be one of %v", name, browser.EngineNames)
		}
		engines = append(engines, engine)
	}
	return engines, nil
}

// loadCases returns the cases that the arguments name: files and folders that
// exist, else globs over the IDs of the built-in catalogue.
func loadCases(ctx context.Context, args []string) ([]catalog.Case, error) {
	builtin, err := catalog.Builtin()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return builtin, nil
	}
	var cases []catalog.Case
	var problems []error
	places := map[string]string{} // by ID
	add := func(list []catalog.Case) {
		for _, c := range list {
			switch place, known := places[c.ID]; {
			case !known:
				places[c.ID] = c.Position
				cases = append(cases, c)
			case place != c.Position:
				problems = append(problems, fmt.Errorf("%s: the case ID %s is already used at %s; rename one of the two", c.Position, c.ID, place))
			}
		}
	}
	for _, arg := range args {
		if _, err := os.Stat(arg); err != nil {
			list, err := matching(builtin, arg, "%q is neither a file nor a folder, and no built-in case has such an ID; 'corsproof run --list' prints them")
			problems = append(problems, err)
			add(list)
			continue
		}
		files := caseFiles([]string{arg})
		if len(files) == 0 {
			problems = append(problems, fmt.Errorf("%s: contains no case files (*.yaml)", arg))
		}
		for _, file := range files {
			list, err := readCases(ctx, file, file == arg)
			problems = append(problems, err)
			add(list)
		}
	}
	return cases, errors.Join(problems...)
}

// readCases reads a case file. One that was not named but found has to be a regular
// file: what else there may be never ends, or never comes.
func readCases(ctx context.Context, file string, named bool) ([]catalog.Case, error) {
	if info, err := os.Stat(file); !named && (err != nil || !info.Mode().IsRegular()) {
		return nil, cmp.Or(err, fmt.Errorf("%s is not a regular file", file))
	}
	data, err := readInput(ctx, file)
	if err != nil {
		return nil, err
	}
	return catalog.Parse(file, data)
}

// matching returns the cases whose ID the glob matches: * stands for anything
// within a segment, ** for anything.
// none is said if there is none.
func matching(cases []catalog.Case, glob, none string) ([]catalog.Case, error) {
	pattern, err := catalog.Glob(glob)
	if err != nil {
		return nil, err
	}
	var found []catalog.Case
	for _, c := range cases {
		if pattern.MatchString(c.ID) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf(none, glob)
	}
	return found, nil
}

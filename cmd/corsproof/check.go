package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/strict"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/containers"
)

// What both commands about a policy take.
type policyFlags struct {
	target  string
	origins []string
}

func (f *policyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.target, "target", "", "`name` of the target; required if the policy has several")
	cmd.Flags().StringArrayVar(&f.origins, "origin", nil, "allow this `origin` too, for example a pull request's preview; may be repeated")
}

// load reads a policy, and refuses one that is dangerous.
func (f *policyFlags) load(ctx context.Context, file string, stderr io.Writer) (*policy.Policy, string, error) {
	data, err := readInput(ctx, file)
	if err != nil {
		return nil, "", err
	}
	var p *policy.Policy
	var concerns []policy.Concern
	err = interruptible(ctx, func() (err error) {
		p, concerns, err = policy.Load(file, data, "--origin", f.origins...)
		return err
	})
	writeConcerns(stderr, concerns)
	if err != nil {
		return nil, "", err
	}
	for _, t := range p.Targets {
		if t.Gateway.Text == "" {
			continue
		}
		if _, err := gateway.ParseKind(t.Gateway.Text); err != nil {
			at := t.Gateway.At
			return nil, "", &strict.Error{File: file, Line: at.Line, Column: at.Column, Path: at.Path, Problem: err.Error()}
		}
	}
	target, err := f.choose(p)
	return p, target, err
}

// writeConcerns prints what the lint says, of several notes of one kind the first.
func writeConcerns(w io.Writer, concerns []policy.Concern) {
	notes := map[policy.ConcernID]int{}
	for _, c := range concerns {
		if c.Severity == policy.Note {
			notes[c.ID]++
		}
	}
	for _, c := range concerns {
		switch n := notes[c.ID]; {
		case c.Severity != policy.Note || n == 1:
			fmt.Fprintln(w, report.Printable(c.String()))
		case n > 1:
			fmt.Fprintf(w, "%s, and %d more like it\n", report.Printable(c.String()), n-1)
			notes[c.ID] = 0
		}
	}
}

func (f *policyFlags) choose(p *policy.Policy) (string, error) {
	var names []string
	for _, t := range p.Targets {
		names = append(names, t.Name)
	}
	switch {
	case f.target == "" && len(names) == 1:
		return names[0], nil
	case f.target == "":
		return "", fmt.Errorf("--target is required: the policy has several targets; choose one of %s", strings.Join(names, ", "))
	case !slices.Contains(names, f.target):
		return "", fmt.Errorf("--target %q: the policy has no such target; choose one of %s", f.target, strings.Join(names, ", "))
	}
	return f.target, nil
}

type checking struct {
	policyFlags
	checkReports
	gateway string
	binary  string
	image   string
	engine  string
	only    string
	timeout time.Duration
	verbose bool

	given          *pflag.FlagSet
	stdout, stderr io.Writer
}

func checkCommand() *cobra.Command {
	c := &checking{}
	cmd := &cobra.Command{
		Use:   "check POLICY",
		Short: "Check a gateway config, or a URL, against a CORS policy",
		Long: `Derive test cases from a CORS policy, start the gateway with your own config in front of a scripted
upstream, and judge its responses: the model judges all cases, and a real browser one of each
decision. With --engine chromium the browser judges every case that it can send. With --engine model
no browser is started.

Exit codes: 0 the target follows the policy; 1 it does not; 2 wrong use, a mistake in the policy, or a
config that cannot be read or run; 3 something could not be observed; 4 browser and model disagree. If
several apply, the first in the order 1, 4, 3. If the gateway refuses the config at its start, the exit
code is 3, and its message is shown with your file and line.`,
		Example: `  corsproof check shop.yaml
  corsproof check shop.yaml --target edge --gateway nginx=./nginx.conf
  corsproof check shop.yaml --engine chromium`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.stdout, c.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			c.given = cmd.Flags()
			return c.run(cmd.Context(), args[0])
		},
	}
	c.policyFlags.add(cmd)
	c.checkReports.add(cmd)
	cmd.Flags().StringVar(&c.only, "case", "", "run only the cases with this `ID`; * matches within a part, ** matches several parts")
	cmd.Flags().StringVar(&c.gateway, "gateway", "", "run this config, `KIND=FILE`, instead of the policy's, for example nginx=./nginx.conf")
	cmd.Flags().StringVar(&c.binary, "binary", "", "`path` of the gateway's program, or \"system\" for the one in PATH; by default the pinned one that setup installs")
	cmd.Flags().StringVar(&c.image, "image", "", "run the gateway's program from this container `image`; needs a Docker Engine")
	cmd.Flags().StringVar(&c.engine, "engine", "", "chromium judges every case that a browser can send, model all of them without a browser; by default the model judges all, and chromium one of each decision")
	cmd.Flags().DurationVar(&c.timeout, "timeout", check.DefaultTimeout, "limit for one request")
	cmd.Flags().BoolVarP(&c.verbose, "verbose", "v", false, "list what is substituted in the gateway's config; --json has it in any case")
	return cmd
}

func (c *checking) run(ctx context.Context, file string) (err error) {
	engine, err := parseEngine(c.engine)
	if err != nil {
		return err
	}
	if _, err := report.ParseFailOn(c.failOn); err != nil {
		return err
	}
	if c.image != "" && c.binary != "" {
		return errors.New("--image and --binary exclude each other; give only one")
	}
	if c.timeout <= 0 {
		return fmt.Errorf("--timeout %v: must be positive", c.timeout)
	}
	only, err := c.filter()
	if err != nil {
		return err
	}
	if err := c.find(); err != nil {
		return err
	}
	if err := refuseInputs(c.outputs(), file); err != nil {
		return err
	}
	p, name, err := c.load(ctx, file, c.stderr)
	if err != nil {
		return err
	}
	if err := refuseInputs(c.outputs(), filesOf(p, filepath.Dir(file))...); err != nil {
		return err
	}
	run := &checkRun{policy: p, file: file, target: name, started: time.Now()}
	target, end, err := c.open(ctx, run, filepath.Dir(file))
	if err != nil {
		return err
	}
	defer func() { err = cleanedUp(err, end()) }()
	reports, err := c.checkReports.begin(run)
	if err != nil {
		return &exitError{exitUnknown, err}
	}
	defer reports.close()
	progress := newProgress(c.stderr)
	summary, err := check.Check(ctx, check.Config{
		Policy: p, On: name, Target: target, Engine: engine, Timeout: c.timeout, Only: only,
		Secret: check.Secrets(filepath.Dir(file)), Each: reports.add, Command: rerun(file, name, c.given),
		Progress: func(done, total int) {
			progress.total = total
			progress.at(done)
		},
	})
	progress.end()
	if errors.Is(err, gateway.ErrNoProgram) && context.Cause(ctx) == nil {
		return fmt.Errorf("--binary %s: %w", c.binary, err)
	}
	if err = causeOr(ctx, err); err != nil {
		return &exitError{exitUnknown, err}
	}
	if summary.Cases == 0 {
		return fmt.Errorf("--case %s: the policy has no such case; 'corsproof cases %s' lists them", c.only, file)
	}
	if err := reports.end(ctx, c.stdout, summary); err != nil {
		return &exitError{graver(summary.ExitCode(), exitUnknown), err}
	}
	if code := summary.ExitCode(); code != exitProven {
		return &exitError{code, nil}
	}
	return nil
}

// filesOf returns the files that a policy names.
func filesOf(p *policy.Policy, dir string) []string {
	files := p.Files()
	for i, f := range files {
		if !filepath.IsAbs(f) {
			files[i] = filepath.Join(dir, f)
		}
	}
	return files
}

// parseEngine returns who judges a check, as a flag says it.
func parseEngine(name string) (browser.EngineName, error) {
	engine := browser.EngineName(name)
	if name != "" && !slices.Contains(browser.EngineNames, engine) {
		return "", fmt.Errorf("--engine %q: must be %s or %s", name, browser.EngineChromium, browser.EngineModel)
	}
	return engine, nil
}

// filter returns what --case says; nil without it.
func (c *checking) filter() (func(string) bool, error) {
	if c.only == "" {
		return nil, nil
	}
	pattern, err := catalog.PolicyGlob(c.only)
	if err != nil {
		return nil, fmt.Errorf("--case: %w", err)
	}
	return pattern.MatchString, nil
}

// open returns the target and what ends all that it took.
func (c *checking) open(ctx context.Context, run *checkRun, dir string) (check.Target, func() error, error) {
	view, err := run.policy.On(run.target)
	if err != nil {
		return nil, nil, err
	}
	kind, file, err := gatewayOf(view.Target, c.gateway, dir)
	if err == nil && c.gateway == "" && file != "" {
		err = requireConfig(view.Target, file)
	}
	if err != nil {
		return nil, nil, err
	}
	if flag := cmp.Or(named("--image", c.image), named("--binary", c.binary)); kind == "" && flag != "" {
		return nil, nil, fmt.Errorf("%s: the target %s is a URL, %s; give a gateway config with --gateway, as in nginx=./nginx.conf", flag, run.target, view.Target.URL.Text)
	}
	if kind == "" {
		return &check.URLTarget{URL: view.Target.URL.Text, Recognize: gateway.Recognize}, func() error { return nil }, nil
	}
	known, err := gateway.ParseKind(kind)
	if err != nil {
		return nil, nil, err
	}
	host, err := url.Parse(view.Target.URL.Text)
	if err != nil {
		return nil, nil, err
	}
	run.kind, run.config = known, file
	if err := refuseInputs(c.outputs(), file); err != nil {
		return nil, nil, err
	}
	return c.openGateway(ctx, run, host.Hostname())
}

// named is a flag with its value; empty if it has none.
func named(flag, value string) string {
	if value == "" {
		return ""
	}
	return flag + " " + value
}

// gatewayOf returns the kind of a target's gateway, empty if it has none, and its
// config: what --gateway says, or the policy in a folder.
func gatewayOf(t *policy.Target, flag, dir string) (kind, file string, err error) {
	if flag != "" {
		k, file, err := gateway.ParseSpec(flag)
		if err != nil {
			return "", "", fmt.Errorf("--gateway: %w", err)
		}
		return string(k), file, nil
	}
	kind, file = t.Gateway.Text, t.File.Text
	if file != "" && !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return kind, file, nil
}

// requireConfig says where the policy names a config that isn't there.
func requireConfig(t *policy.Target, file string) error {
	_, err := os.Stat(file)
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*os.PathError](err); ok {
		err = p.Err
	}
	return &policy.Error{
		File: t.File.At.File, Line: t.File.At.Line, Column: t.File.At.Column, Path: "targets." + t.Name + ".file", Value: file,
		Problem: fmt.Sprintf("%s: %v; correct the path, which is relative to the policy's folder, or give another config with --gateway", file, err),
	}
}

func (c *checking) openGateway(ctx context.Context, run *checkRun, host string) (_ check.Target, _ func() error, err error) {
	cfg := gateway.Config{Binary: c.binary, Image: c.image, Hosts: []string{host}}
	if c.binary == "" {
		if cfg.Installed, err = servers.Install(ctx, servers.InstallConfig{Progress: c.stderr}); err != nil {
			return nil, nil, &exitError{exitUnknown, causeOr(ctx, err)}
		}
	}
	if cfg.CA, err = wire.NewCA(); err != nil {
		return nil, nil, &exitError{exitUnknown, err}
	}
	if cfg.Run, err = process.NewRun(process.Config{}); err != nil {
		return nil, nil, &exitError{exitUnknown, err}
	}
	end := cfg.Run.Close
	if c.image != "" {
		engine, err := container.Open(ctx, container.EngineConfig{Run: cfg.Run, Dir: cfg.Installed.Dir})
		if err != nil {
			return nil, nil, &exitError{exitUnknown, errors.Join(causeOr(ctx, err), end())}
		}
		end = func() error { return errors.Join(engine.Close(), cfg.Run.Close()) }
		if err := engine.Pull(ctx, c.image, c.stderr); err != nil {
			return nil, nil, &exitError{exitUnknown, errors.Join(causeOr(ctx, err), end())}
		}
		cfg.Images = containers.On(engine)
	}
	var g *gateway.Gateway
	if err := interruptible(ctx, func() (err error) {
		g, err = gateway.New(ctx, run.kind, run.config, cfg)
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	if err := refuseInputs(c.outputs(), g.Reading().Files...); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	run.gateway = g
	return &announced{g, c.stderr, c.verbose}, end, nil
}

// An announced gateway prints the notes about its config once it runs and, if verbose,
// what was substituted in it.
type announced struct {
	*gateway.Gateway
	w       io.Writer
	verbose bool
}

func (a *announced) Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error) {
	endpoint, err := a.Gateway.Start(ctx, upstream)
	if a.verbose {
		for _, s := range a.Running().Substitutions {
			fmt.Fprintf(a.w, "substituted %s\n", s)
		}
	}
	for _, n := range a.Reading().Notes {
		fmt.Fprintf(a.w, "note: %s\n", n)
	}
	return endpoint, err
}

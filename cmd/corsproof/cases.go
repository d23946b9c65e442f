package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers/gateway"
)

type policyCases struct {
	policyFlags
	gateway string
	count   bool
	engine  string
	latency time.Duration

	stdout, stderr io.Writer
}

// mostLatency is that of a target which no check could be made of.
const mostLatency = time.Hour

func casesCommand() *cobra.Command {
	c := &policyCases{}
	cmd := &cobra.Command{
		Use:   "cases POLICY",
		Short: "List the test cases derived from a policy, each with its reason",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.stdout, c.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return c.run(cmd.Context(), args[0])
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&c.gateway, "gateway", "", "derive cases for this config, `KIND=FILE`, instead of the policy's, for example nginx=./nginx.conf")
	cmd.Flags().StringVar(&c.engine, "engine", "", "estimate a check with this `engine`: chromium or model; by default one without --engine")
	cmd.Flags().DurationVar(&c.latency, "latency", 0, "assume this latency to the target")
	cmd.Flags().BoolVar(&c.count, "count", false, "print only the number of cases and the estimated duration of a check")
	return cmd
}

func (c *policyCases) run(ctx context.Context, file string) error {
	engine, err := parseEngine(c.engine)
	if err != nil {
		return err
	}
	if c.latency < 0 || c.latency > mostLatency {
		return fmt.Errorf("--latency %v: must be from 0 to %v", c.latency, mostLatency)
	}
	p, name, err := c.load(ctx, file, c.stderr)
	if err != nil {
		return err
	}
	named, err := c.named(p, name, filepath.Dir(file))
	if err != nil {
		return err
	}
	cases, err := derive(p, name, named)
	if err != nil {
		return err
	}
	if !c.count {
		for _, pc := range cases {
			fmt.Fprintf(c.stdout, "%s\n    %s\n    %s\n", pc.ID, report.Printable(pc.Rule.String()), report.Printable(pc.Why))
		}
	}
	e, err := check.NewEstimate(ctx, cases, engine, c.latency)
	if err != nil {
		return &exitError{exitUnknown, causeOr(ctx, err)}
	}
	waits := ""
	if e.Waits > 0 {
		waits = fmt.Sprintf(", and up to %v while the gateway waits for an upstream that hangs", e.Waits)
	}
	fmt.Fprintf(c.stdout, "%d cases, %d different; %d decisions in the browser from %d page origins; about %v%s\n",
		e.Cases, e.Different, e.Decisions, e.Origins, max(e.Took.Round(time.Second), time.Second), waits)
	return nil
}

// named returns what the target's config names. Where it has none that can be read it
// says what is missing.
func (c *policyCases) named(p *policy.Policy, name, dir string) (named target.Facts, err error) {
	view, err := p.On(name)
	if err != nil {
		return named, err
	}
	kind, file, err := gatewayOf(view.Target, c.gateway, dir)
	if err != nil || kind == "" {
		return named, err
	}
	known, err := gateway.ParseKind(kind)
	if err != nil {
		return named, err
	}
	named, err = gateway.Named(known, file)
	if err != nil && c.gateway != "" {
		return named, err
	} else if err != nil {
		fmt.Fprintf(c.stderr, "note: %v\nnote: a check also runs cases for each origin, method and header that this config lists and the policy doesn't allow\n", err)
	}
	return named, nil
}

func derive(p *policy.Policy, name string, named target.Facts) ([]catalog.PolicyCase, error) {
	view, err := p.On(name)
	if err != nil {
		return nil, err
	}
	return catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true, LimitedMark: target.LimitedMark, Named: named.NamedOrigins, NamedMethods: named.NamedMethods, NamedHeaders: named.NamedHeaders})
}

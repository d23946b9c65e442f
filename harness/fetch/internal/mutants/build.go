package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

const (
	modelDir  = "harness/fetch"
	pointPath = "github.com/corsproof/corsproof/harness/fetch/internal/point"
	selfPath  = "./harness/fetch/internal/mutants"
)

// rewriteModel returns the model with its mutants and decisions compiled in.
func rewriteModel(ctx context.Context, root string) (rewrite.Copy, error) {
	pkg, err := rewrite.Load(ctx, filepath.Join(root, modelDir))
	if err != nil {
		return rewrite.Copy{}, err
	}
	instrumented := rewrite.Instrument(pkg, scope, pointPath)
	if len(instrumented.Unused) > 0 {
		return rewrite.Copy{}, fmt.Errorf("entries of the scope that do nothing, remove them: %q", instrumented.Unused)
	}
	return instrumented, nil
}

// build builds this program once more, with the rewritten model in place of the
// model, and returns its path below dir.
func build(ctx context.Context, root, dir string, model rewrite.Copy) (string, error) {
	replace := map[string]string{}
	for name, text := range model.Files {
		file := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[name] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlayFile, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "rewritten")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlayFile, "-o", program, selfPath)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the rewritten model: %w\n%s", err, bytes.TrimSpace(out))
	}
	return program, nil
}

// moduleRoot returns the folder of go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find go.mod: %w", err)
	}
	return filepath.Dir(string(bytes.TrimSpace(out))), nil
}

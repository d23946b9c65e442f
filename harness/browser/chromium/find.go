package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotFound is wrapped by the error of [Find] if there is no browser.
var ErrNotFound = errors.New("no Chromium found")

// PathVariable is the environment variable that overrides the search of [Find].
const PathVariable = "CORSPROOF_CHROMIUM"

// names of programs in the order of preference: what carries Chromium's network
// stack and can be driven through its protocol.
var names = []string{
	"google-chrome-stable", "google-chrome", "chrome",
	"chromium", "chromium-browser",
	"microsoft-edge-stable", "microsoft-edge",
	"chrome-headless-shell", "headless_shell", "headless-shell",
}

// versionTimeout bounds one call of a browser's --version.
const versionTimeout = 10 * time.Second

// Find returns the path and the version of a browser on this machine: the value of
// [PathVariable] if it is set, otherwise the first of Chrome, Chromium, Edge and headless
// shell in PATH. Distributions start the browser through a shell script that adds its own
// flags; Find returns the program behind it. If there is none, the error wraps
// [ErrNotFound] and says how to install one.
func Find() (path, version string, err error) {
	if set := os.Getenv(PathVariable); set != "" {
		path, err := exec.LookPath(set)
		if err != nil {
			return "", "", fmt.Errorf("%s=%q: %w: %v: set it to the path of a Chrome or Chromium program, or unset it", PathVariable, set, ErrNotFound, err)
		}
		return checked(program(path))
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return checked(program(path))
		}
	}
	return "", "", fmt.Errorf("%w on the PATH (tried %s): install one, as in `apt-get install --no-install-recommends chromium`, or set %s to the path of a program", ErrNotFound, strings.Join(names, ", "), PathVariable)
}

// program returns the program that the launcher at path would start, or path
// itself if it is no launcher.
func program(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || !isScript(real) {
		return path
	}
	base, prefix := filepath.Base(path), filepath.Dir(filepath.Dir(path))
	for _, p := range []string{
		filepath.Join(filepath.Dir(real), "chrome"),
		filepath.Join(filepath.Dir(real), "msedge"),
		filepath.Join(prefix, "lib", base, base),
		filepath.Join(prefix, "lib64", base, base),
	} {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && !isScript(p) {
			return p
		}
	}
	return path
}

func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [2]byte
	_, err = io.ReadFull(f, head[:])
	return err == nil && string(head[:]) == "#!"
}

func checked(path string) (string, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("read the version of %s: %w: %s", path, err, tail(stderr.String(), 5))
	}
	return path, strings.TrimSpace(string(out)), nil
}

// tail returns the last n lines of s that are not blank.
func tail(s string, n int) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

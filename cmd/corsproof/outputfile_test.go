package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saying is a report of one text.
func saying(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// What stands where a report goes stays what it is, and a file in a link's place never
// takes the link's.
func TestOutputFile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		make  func(path string) error
		kind  fs.FileMode // of what is there, before and after
		leads bool        // path is a link, and what it leads to is written
	}{
		{name: "nothing", make: func(string) error { return nil }},
		{name: "a file", make: func(path string) error { return os.WriteFile(path, []byte("old and longer"), 0o640) }},
		{name: "a link", leads: true, kind: fs.ModeSymlink, make: func(path string) error {
			return errors.Join(os.WriteFile(path+".real", []byte("old"), 0o644), os.Symlink(filepath.Base(path)+".real", path))
		}},
		{name: "a link to nothing", leads: true, kind: fs.ModeSymlink, make: func(path string) error { return os.Symlink(path+".real", path) }},
		{name: "a link to a link", leads: true, kind: fs.ModeSymlink, make: func(path string) error {
			return errors.Join(os.Symlink(path+".real", path+".link"), os.Symlink(path+".link", path))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report")
			require.NoError(t, tc.make(path))
			o, err := findOutput("--json", path)
			require.NoError(t, err)
			require.NoError(t, o.write(t.Context(), saying("new")))
			info, err := os.Lstat(path)
			require.NoError(t, err)
			assert.Equal(t, tc.kind, info.Mode().Type())
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, "new", string(text))
			if tc.leads {
				text, err := os.ReadFile(path + ".real")
				require.NoError(t, err)
				assert.Equal(t, "new", string(text))
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".corsproof-*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// A pipe gets the report once somebody reads it, and until then it can be given up.
func TestOutputFileOfAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	o, err := findOutput("--json", path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	require.ErrorIs(t, o.write(ctx, saying("nobody reads")), errInterrupted)

	path = filepath.Join(t.TempDir(), "pipe") // on the other somebody still waits
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	o, err = findOutput("--json", path)
	require.NoError(t, err)
	read := make(chan []byte, 1)
	go func() {
		text, _ := os.ReadFile(path)
		read <- text
	}()
	require.NoError(t, o.write(t.Context(), saying("new")))
	assert.Equal(t, "new", string(<-read))
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeNamedPipe, info.Mode().Type())
}

// A device stays one. The node is the test's own.
func TestOutputFileOfADevice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "null")
	const nullDevice = 1<<8 | 3
	if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, nullDevice); errors.Is(err, syscall.EPERM) {
		t.Skip("mknod: not permitted: run this test as root")
	} else {
		require.NoError(t, err)
	}
	for _, write := range []func(*outputFile) error{
		func(o *outputFile) error { return o.write(t.Context(), saying("new")) },
		func(o *outputFile) error { return o.append(t.Context(), saying("new")) },
	} {
		o, err := findOutput("--json", path)
		require.NoError(t, err)
		require.NoError(t, write(o))
		info, err := os.Lstat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.ModeDevice|fs.ModeCharDevice, info.Mode().Type())
	}
}

// A report never takes the place of what is read, nor of another report; nothing runs.
func TestCheckReportsInPlaceOfOthers(t *testing.T) {
	t.Parallel()
	config := "include conf.d/*.conf;\n" + shopConfig
	policy := shopPolicy + "    auth: {bearer: {file: token}}\n"
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--json", "shop.yaml"}, "--json shop.yaml: is the input file shop.yaml"},
		{[]string{"--markdown", "link.yaml"}, "--markdown link.yaml: is the input file shop.yaml"},
		{[]string{"--junit", "./nginx.conf"}, "--junit ./nginx.conf: is the input file nginx.conf"},
		{[]string{"--junit", "other.conf", "--gateway", "nginx=other.conf"}, "--junit other.conf: is the input file other.conf"},
		{[]string{"--json", "conf.d/a.conf"}, "conf.d/a.conf; give another file"},
		{[]string{"--json", "token"}, "--json token: is the input file token"},
		{[]string{"--json", "a", "--junit", "./a"}, "--json a and --junit ./a are the same file; give each report its own"},
		{[]string{"--markdown", "old", "--junit", "hard"}, "are the same file"},
		{[]string{"--json", "new", "--junit", "dangling"}, "are the same file"},
	} {
		t.Run(fmt.Sprint(tc.args), func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"shop.yaml": policy, "nginx.conf": config, "other.conf": shopConfig, "conf.d/a.conf": "# nothing\n", "token": "secret", "old": "old"}
			dir := t.TempDir()
			for name, text := range files {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			}
			require.NoError(t, errors.Join(os.Symlink("shop.yaml", filepath.Join(dir, "link.yaml")), os.Link(filepath.Join(dir, "old"), filepath.Join(dir, "hard")), os.Symlink("new", filepath.Join(dir, "dangling"))))
			r := startIn(t, dir, nil, append([]string{"check", "shop.yaml", "--verbose"}, tc.args...)...)
			assert.Equal(t, exitUsage, r.wait(t), r.out)
			assert.Contains(t, r.out, tc.want)
			assert.NotContains(t, r.out, "substituted", "the gateway was started")
			for name, text := range files {
				now, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				assert.Equal(t, text, string(now), name)
			}
		})
	}
}

// Appending needs the file, and not its folder; one that can't be appended to is told of
// before the check, and not after it.
func TestFindAppended(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Log("root can write anywhere: what is seen here is that the file isn't replaced")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "summary.md")
	require.NoError(t, os.WriteFile(path, []byte("before\n"), 0o644))
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	o, err := findAppended("--markdown", path)
	require.NoError(t, err)
	require.NoError(t, o.append(t.Context(), saying("after\n")))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "before\nafter\n", string(text))
	_, err = findAppended("--markdown", dir)
	assert.ErrorContains(t, err, "is a folder")
	none, err := findAppended("--markdown", "")
	require.NoError(t, err)
	assert.Nil(t, none)
}

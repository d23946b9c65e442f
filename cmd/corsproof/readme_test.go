package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
)

// The README's blocks that need no checkout do what they show, in an empty folder,
// one after another: the output is compared line by line, but for times.
func TestReadmeBlocks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	dir := t.TempDir()
	codes := map[string]int{
		"corsproof example": exitProven, "corsproof check cors.yaml": exitNotProven,
		"corsproof check cors.yaml --gateway envoy=envoy.yaml": exitProven,
		`corsproof explain "Access to fetch at 'https://api.example.com/orders' from origin 'https://app.example.com' has been blocked by CORS policy: Request header field x-trace is not allowed by Access-Control-Allow-Headers in preflight response."`: exitNotProven,
	}
	said := map[string]string{}
	shown := 0
	for _, block := range consoleBlocks(string(text)) {
		for _, b := range block {
			code, known := codes[b.command]
			if !known {
				continue
			}
			if _, ran := said[b.command]; !ran {
				r := startIn(t, dir, nil, wordsOf(b.command)[1:]...)
				require.Equal(t, code, r.wait(t), "%s\n%s", b.command, r.out)
				r.requireNothingLeft(t)
				said[b.command] = r.stdout()
			}
			if len(b.output) > 0 {
				shown++
				assert.Empty(t, missingLine(b.output, strings.Split(said[b.command], "\n")), "README.md shows of %s a line that isn't there, or not in this order; it said:\n%s", b.command, said[b.command])
			}
		}
	}
	assert.Len(t, said, len(codes), "a command is in no block of the README")
	assert.Equal(t, 4, shown)
	for _, name := range []string{"cors.yaml", "nginx.conf", "envoy.yaml"} {
		want, err := fixtures.Files.ReadFile("example/" + name)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	}
	code := startIn(t, dir, nil, "example").wait(t)
	assert.Equal(t, exitUsage, code, "what is there is left alone")
}

var quotedOrWord = regexp.MustCompile(`"[^"]*"|\S+`)

// wordsOf splits a command as a shell does, with words in double quotes alone.
func wordsOf(command string) []string {
	words := quotedOrWord.FindAllString(command, -1)
	for i := range words {
		words[i] = strings.Trim(words[i], `"`)
	}
	return words
}

// A shownCommand is a command of the README, and the output that it shows.
type shownCommand struct {
	command string
	output  []string
}

// consoleBlocks returns the commands of each block of the README.
func consoleBlocks(text string) (blocks [][]shownCommand) {
	for _, part := range strings.Split(text, "\n```console\n")[1:] {
		body, _, _ := strings.Cut(part, "\n```")
		var block []shownCommand
		for line := range strings.SplitSeq(body, "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				command, _, _ = strings.Cut(command, "  #")
				block = append(block, shownCommand{command: strings.TrimSpace(command)})
			} else if len(block) > 0 {
				last := &block[len(block)-1]
				last.output = append(last.output, line)
			}
		}
		blocks = append(blocks, block)
	}
	return blocks
}

var volatile = regexp.MustCompile(`[0-9.]+ s$`)

// missingLine returns the first line that is shown and not there. Lines follow each
// other unless an … stands between them; at a line's end it stands for the rest.
func missingLine(shown, lines []string) string {
	next, skip := 0, false
	for _, line := range shown {
		if line == "…" {
			skip = true
			continue
		}
		found := false
		for ; next < len(lines) && !found; next++ {
			start, cut := strings.CutSuffix(line, "…")
			found = volatile.ReplaceAllString(lines[next], "T s") == volatile.ReplaceAllString(line, "T s") || cut && strings.HasPrefix(lines[next], start)
			if !found && !skip {
				return line
			}
		}
		if !found {
			return line
		}
		skip = false
	}
	return ""
}

func TestMissingLine(t *testing.T) {
	t.Parallel()
	there := []string{"one", "two", "three and more", "took 1.5 s", "five"}
	for _, tc := range []struct {
		shown []string
		want  string
	}{
		{[]string{"one", "two"}, ""}, {[]string{"two"}, "two"}, {[]string{"…", "two"}, ""}, {[]string{"one", "three and more"}, "three and more"},
		{[]string{"one", "…", "three …", "took 20.1 s"}, ""}, {[]string{"…", "took 20.1"}, "took 20.1"}, {[]string{"…", "five", "…", "one"}, "one"},
	} {
		assert.Equal(t, tc.want, missingLine(tc.shown, there), tc.shown)
	}
}

// The mistakes of the example are the two that its findings name: put right, there
// are none left.
func TestExamplePutRight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeExample(dir))
	path := filepath.Join(dir, "nginx.conf")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	require.Contains(t, lines[19], "~^https://.*shop")
	lines[19] = `        "~^https://(www\.)?shop\.example\.com$" $http_origin;`
	require.Contains(t, lines[52], "Access-Control-Allow-Origin")
	lines[52] = "            add_header Access-Control-Allow-Origin $cors_origin always;"
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	r := startIn(t, dir, nil, "check", "cors.yaml", "--engine", "model")
	assert.Equal(t, exitProven, r.wait(t), r.out)
}

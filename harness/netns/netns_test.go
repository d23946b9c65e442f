package netns

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
)

// requireT skips the test where namespaces can't be made; see
// CORSPROOF_REQUIRE in package browser.
func requireT(t *testing.T) *process.Run {
	t.Helper()
	if missing := Missing(); missing != "" {
		required := strings.Split(os.Getenv("CORSPROOF_REQUIRE"), ",")
		if slices.Contains(required, "netns") || slices.Contains(required, "all") {
			t.Fatal(missing)
		}
		t.Skipf("not run: %s", missing)
	}
	run, err := process.NewRun(process.Config{Root: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	return run
}

const (
	here   = "10.111.1.1"
	middle = "10.111.1.2"
	inside = "10.111.2.1"
	there  = "10.111.2.2"
)

// threeT makes three namespaces in a row.
func threeT(t *testing.T, run *process.Run) (a, b, c *Namespace) {
	t.Helper()
	ctx := t.Context()
	all := make([]*Namespace, 3)
	for i := range all {
		var err error
		all[i], err = New(ctx, run, fmt.Sprintf("n%d", i))
		require.NoError(t, err)
	}
	a, b, c = all[0], all[1], all[2]
	require.NoError(t, Link(ctx, a, here+"/24", b, middle+"/24"))
	require.NoError(t, Link(ctx, b, inside+"/24", c, there+"/24"))
	require.NoError(t, a.Gateway(ctx, middle))
	require.NoError(t, c.Gateway(ctx, inside))
	return a, b, c
}

// serveT answers with the caller's address at the end of the row.
func serveT(t *testing.T, c *Namespace) string {
	t.Helper()
	ln, err := c.Listen(there + ":5000")
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprint(w, host)
	})}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return ln.Addr().String()
}

// call returns what the server says to a caller in the namespace.
func call(ctx context.Context, n *Namespace, address string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: n.Dial}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestForwardingAndRulesDecideWhoReaches(t *testing.T) {
	t.Parallel()
	run := requireT(t)
	ctx := t.Context()
	a, b, c := threeT(t, run)
	address := serveT(t, c)

	said, err := call(ctx, b, address)
	require.NoError(t, err)
	assert.Equal(t, inside, said)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = call(short, a, address)
	assert.ErrorIs(t, err, context.DeadlineExceeded, "without forwarding nothing comes through")

	require.NoError(t, b.Forward(ForwardingOn))
	said, err = call(ctx, a, address)
	require.NoError(t, err)
	assert.Equal(t, here, said)

	_, err = c.Rules(ctx, `table inet t { chain input { type filter hook input priority 0; policy drop;
		ct state established accept
		ip saddr `+inside+` accept
		reject
	}
	}`)
	require.NoError(t, err)
	_, err = call(ctx, a, address)
	assert.Error(t, err)
	_, err = call(ctx, b, address)
	assert.NoError(t, err)
}

func TestChildRunsWithin(t *testing.T) {
	t.Parallel()
	run := requireT(t)
	n, err := New(t.Context(), run, "n")
	require.NoError(t, err)
	child, err := run.Start(t.Context(), n.Wrap(process.Spec{Name: "look", Path: "/bin/cat", Args: []string{"/proc/net/dev"}}))
	require.NoError(t, err)
	<-child.Done()
	require.NoError(t, child.Err())
	assert.Equal(t, 3, strings.Count(string(child.Log()), "\n"), "two lines of heading and the loopback interface: %s", child.Log())

	_, err = n.Dial(t.Context(), "tcp", "192.0.2.1:80")
	assert.ErrorContains(t, err, "unreachable", "there is no way out")
}

func TestNamespacesEndWithTheirRun(t *testing.T) {
	t.Parallel()
	run := requireT(t)
	a, _, _ := threeT(t, run)
	named := filepath.Join(process.NamespaceFolder, a.Name)
	require.FileExists(t, named)
	require.NoError(t, run.Close())
	assert.NoFileExists(t, named)
	left, err := filepath.Glob(filepath.Join(process.NamespaceFolder, filepath.Base(run.Dir())+"*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// rootVariable makes the test binary make a namespace of a run under that root,
// say so, and wait to be killed.
const rootVariable = "NETNS_TEST_ROOT"

func TestMain(m *testing.M) {
	root := os.Getenv(rootVariable)
	if root == "" {
		os.Exit(m.Run())
	}
	run, err := process.NewRun(process.Config{Root: root})
	if err == nil {
		_, err = New(context.Background(), run, "left")
	}
	fmt.Println(err)
	select {}
}

// What a SIGKILL leaves is removed by the next run.
func TestNamespacesOfAKilledRunAreSwept(t *testing.T) {
	t.Parallel()
	requireT(t)
	root := t.TempDir()
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), rootVariable+"="+root)
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "<nil>\n", line)
	left, err := process.FindLeft(root)
	require.NoError(t, err)
	require.Empty(t, left, "its owner lives")
	require.NoError(t, owner.Process.Kill())
	owner.Wait()

	left, err = process.FindLeft(root)
	require.NoError(t, err)
	require.Len(t, left, 1)
	named := filepath.Join(process.NamespaceFolder, filepath.Base(left[0].Dir)+"-left")
	require.FileExists(t, named)
	next, err := process.NewRun(process.Config{Root: root})
	require.NoError(t, err)
	defer next.Close()
	assert.NoFileExists(t, named)
}

func TestErrorsSayWhat(t *testing.T) {
	t.Parallel()
	run := requireT(t)
	n, err := New(t.Context(), run, "n")
	require.NoError(t, err)
	_, err = New(t.Context(), run, "n")
	assert.ErrorContains(t, err, "File exists")
	assert.ErrorContains(t, n.Gateway(t.Context(), "10.1.1.1"), "invalid gateway")
	_, err = n.Rules(t.Context(), "nonsense")
	assert.ErrorContains(t, err, "syntax error")
	_, err = New(t.Context(), run, "No/Name")
	assert.ErrorContains(t, err, "lower-case")
}

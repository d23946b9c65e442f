package process

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The kernel ends all that is in a pid namespace with its first process: also
// what has a session of its own and no trace of the run.
func TestNamespacesEndWithTheChild(t *testing.T) {
	t.Parallel()
	needRoot(t)
	run := newRun(t, Timeouts{})
	spec := roleSpec("estranged")
	spec.Namespaces = NamespaceMount | NamespaceNetwork | NamespacePID
	child := startSpec(t, run, spec)
	var inside processID
	waitUntil(t, "the run knows of the grandchild", func() bool {
		found, err := run.Processes()
		require.NoError(t, err)
		i := slices.IndexFunc(found, func(f Found) bool { return f.PID != child.PID() })
		if i >= 0 {
			inside = found[i].id
		}
		return i >= 0
	})
	for _, kind := range []string{"mnt", "net", "pid"} {
		ours, err := os.Readlink(procPath(os.Getpid(), "ns/"+kind))
		require.NoError(t, err)
		theirs, err := os.Readlink(procPath(inside.PID, "ns/"+kind))
		require.NoError(t, err)
		assert.NotEqual(t, ours, theirs, kind)
	}
	require.NoError(t, syscall.Kill(child.PID(), syscall.SIGKILL))
	<-child.Done()
	waitDead(t, inside)
}

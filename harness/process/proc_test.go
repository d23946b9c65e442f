package process

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = " 7 42 40 34817 -1 4194368 0 0 0 0 1 2 3 4 20 0 5 0 98765 1000 200 18446744073709551615"
	want := process{
		processID: processID{PID: 42, Start: 98765}, State: 'S', Parent: 7, Group: 42, Session: 40,
		Terminal: 34817, Threads: 5,
	}
	for _, tc := range []struct {
		name, why, stat, comm string
	}{
		{"plain", "the usual line", "42 (nginx) S" + rest, "nginx"},
		{"spaces", "a name may hold spaces", "42 (nginx: worker) S" + rest, "nginx: worker"},
		{"brackets", "a name may look like the next fields", "42 (a) R 1 (b) S" + rest, "a) R 1 (b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat([]byte(tc.stat))
			require.NoError(t, err, tc.why)
			want := want
			want.Comm = tc.comm
			assert.Empty(t, cmp.Diff(want, got, cmp.AllowUnexported(process{})), tc.why)
		})
	}
	for _, stat := range []string{"", "42", "42 (nginx", "42 (nginx) S 1 2", "42 (nginx) S" + strings.Replace(rest, "98765", "x", 1)} {
		_, err := parseStat([]byte(stat))
		assert.Error(t, err, "%q", stat)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	assert.True(t, process{State: 'S', Threads: 1}.live())
	assert.True(t, process{State: 'Z', Threads: 3}.live(), "the first thread ended, others run")
	assert.False(t, process{State: 'Z', Threads: 1}.live(), "zombie")
	assert.False(t, process{State: 'X'}.live())
}

func TestTableHasThisProcess(t *testing.T) {
	t.Parallel()
	all, err := readTable()
	require.NoError(t, err)
	self, ok := all[os.Getpid()]
	require.True(t, ok)
	assert.Equal(t, os.Getppid(), self.Parent)
	assert.True(t, all.lives(self.processID))
	assert.False(t, all.lives(processID{PID: self.PID, Start: self.Start + 1}), "a pid that was given again")
	above := all.ancestors(self.PID)
	require.NotEmpty(t, above)
	assert.Equal(t, os.Getppid(), above[0].PID)
	uid, ok := userID(self.PID)
	assert.True(t, ok)
	assert.Equal(t, os.Geteuid(), uid)
	now, err := ticksNow()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, now, self.Start, "start times and the present have one unit")
}

// The start time of a process that begins after a run is never less than the
// run's, or the process would not be the run's.
func TestTicks(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "wait")
	now, err := ticksNow()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, child.id.Start, run.state.Began)
	assert.LessOrEqual(t, child.id.Start, now)
}

// BenchmarkProcesses finds one process of a run among all of the machine. Their number
// decides, so it states no bound.
func BenchmarkProcesses(b *testing.B) {
	run := newRun(b, Timeouts{})
	startRole(b, run, "wait")
	for b.Loop() {
		found, err := run.Processes()
		require.NoError(b, err)
		require.Len(b, found, 1)
	}
}

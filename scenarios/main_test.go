package scenarios

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/servers"
)

// A group of tests shares a stage: its start costs more than all its rows. The
// groups run at the same time, for a row waits more than it works.
type group string

const (
	groupProof group = "proof"
	groupOther group = "mechanisms and containers" // together about as long
)

// shared are the stages of the binary.
var shared = struct {
	once      sync.Once // for what all need
	installed *servers.Installed
	err       error
	mu        sync.Mutex // guards the stages in of
	of        map[group]*groupStage
}{of: map[group]*groupStage{groupProof: {}, groupOther: {}}}

type groupStage struct {
	turn  sync.Mutex // held by the test that has it
	stage *Stage     // nil before the first asks, and if none opens
	err   error
}

// waiting is how many tests may be under way: most wait for their group's stage.
const waiting = "32"

func TestMain(m *testing.M) {
	if socket := os.Getenv(standInVar); socket != "" && filepath.Base(os.Args[0]) == "kubectl" {
		os.Exit(standIn(socket, os.Args[1:]))
	}
	// A test binary that is interrupted ends what it started, as the command does.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		closeStages()
		os.Exit(1)
	}()
	flag.Parse()
	if err := flag.Set("test.parallel", waiting); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := closeStages(); err != nil {
		fmt.Fprintln(os.Stderr, "close the stages:", err)
		code = 1
	}
	os.Exit(code)
}

func closeStages() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	var together errgroup.Group
	for _, g := range shared.of {
		if g.stage != nil {
			together.Go(g.stage.Close)
		}
	}
	return together.Wait()
}

// testStage returns the stage of a group until the test ends: the rows share a system
// and change its setup, so the tests of a group have it in turn.
func testStage(t *testing.T, of group) *Stage {
	t.Helper()
	browser.RequireT(t)
	ctx := context.Background() // the stage outlives the test that asks first
	shared.once.Do(func() {
		if _, shared.err = browser.Exclusive(ctx); shared.err == nil { // until the binary ends
			shared.installed, shared.err = servers.Install(ctx, servers.InstallConfig{Progress: os.Stderr})
		}
	})
	require.NoError(t, shared.err)
	g := shared.of[of]
	g.turn.Lock()
	t.Cleanup(g.turn.Unlock)
	if g.stage == nil && g.err == nil {
		stage, err := OpenStage(ctx, StageConfig{Installed: shared.installed, Gone: func(err error) {
			fmt.Fprintln(os.Stderr, err)
		}})
		shared.mu.Lock()
		g.stage, g.err = stage, err
		shared.mu.Unlock()
	}
	require.NoError(t, g.err)
	return g.stage
}

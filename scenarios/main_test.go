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
	"time"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// shared is the stage of the binary: its start, with two browsers, costs more than
// all rows that run on it.
var shared struct {
	turn  sync.Mutex // held by the test that has the stage
	once  sync.Once
	mu    sync.Mutex // guards stage
	stage *Stage     // nil before the first asks, and if it doesn't open
	err   error
}

// waiting is how many tests may be under way: most wait for the stage.
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
		closeStage()
		os.Exit(1)
	}()
	flag.Parse()
	if err := flag.Set("test.parallel", waiting); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := closeStage(); err != nil {
		fmt.Fprintln(os.Stderr, "close the stage:", err)
		code = 1
	}
	os.Exit(code)
}

func closeStage() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.stage == nil {
		return nil
	}
	return shared.stage.Close()
}

// testStage returns the stage until the test ends: the rows share a system and change
// its setup, so the tests have it in turn.
func testStage(t *testing.T) *Stage {
	t.Helper()
	chromium.RequireT(t)
	shared.turn.Lock()
	t.Cleanup(shared.turn.Unlock)
	shared.once.Do(func() {
		stage, err := openShared(context.Background()) // it outlives the test that asks first
		shared.mu.Lock()
		defer shared.mu.Unlock()
		shared.stage, shared.err = stage, err
	})
	require.NoError(t, shared.err)
	return shared.stage
}

func openShared(ctx context.Context) (*Stage, error) {
	if _, err := browser.Turn(ctx); err != nil { // until the binary ends
		return nil, err
	}
	installed, err := servers.Install(ctx, servers.InstallConfig{Progress: os.Stderr})
	if err != nil {
		return nil, err
	}
	return OpenStage(ctx, StageConfig{
		Installed: installed, Timeouts: patient,
		Gone: func(err error) { fmt.Fprintln(os.Stderr, err) },
	})
}

// patience bounds what ends with an event, so that no row fails because the machine is
// busy.
const patience = 5 * time.Minute

var patient = Timeouts{
	Lab: harness.LabTimeouts{
		Browser: chromium.Timeouts{Start: patience, Open: patience, Job: patience, Settle: patience, WaitText: patience},
		Direct:  direct.Timeouts{Call: patience, Start: patience},
	},
	Servers:    servers.Timeouts{Ready: patience},
	Containers: container.Timeouts{Engine: patience, Turn: patience, Call: patience, Ready: patience},
}

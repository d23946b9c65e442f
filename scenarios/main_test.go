package scenarios

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/servers"
)

// One stage serves the whole binary: its start costs more than all rows.
var shared struct {
	once  sync.Once
	mu    sync.Mutex
	stage *Stage
	err   error
}

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

func testStage(t *testing.T) *Stage {
	t.Helper()
	browser.RequireT(t)
	shared.once.Do(func() {
		ctx := context.Background()                       // the stage outlives the test that asks first
		if _, err := browser.Exclusive(ctx); err != nil { // until the binary ends
			shared.err = err
			return
		}
		installed, err := servers.Install(ctx, servers.InstallConfig{Progress: os.Stderr})
		if err != nil {
			shared.err = err
			return
		}
		stage, err := OpenStage(ctx, StageConfig{Installed: installed, Gone: func(err error) {
			fmt.Fprintln(os.Stderr, err)
		}})
		shared.mu.Lock()
		defer shared.mu.Unlock()
		shared.stage, shared.err = stage, err
	})
	require.NoError(t, shared.err)
	return shared.stage
}

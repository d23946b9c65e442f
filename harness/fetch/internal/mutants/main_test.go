package main

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// testContext is that of the one build, which outlives the test that asks for it
// first.
var testContext context.Context

func TestMain(m *testing.M) {
	ctx, cancel := context.WithCancel(context.Background())
	testContext = ctx
	dir, err := os.MkdirTemp("", "corsproof-mutants-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	builtDir = dir
	code := m.Run()
	cancel()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// mostInput bounds what is read of a file that a person writes: 16 MiB.
const mostInput = 16 << 20

// readInput reads a file, a pipe or a device that is named on the command line. The
// end of ctx ends the wait for what doesn't come.
func readInput(ctx context.Context, file string) ([]byte, error) {
	read := make(chan []byte, 1)
	err := interruptible(ctx, func() error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, mostInput+1))
		if err == nil && len(data) > mostInput {
			err = fmt.Errorf("%s: larger than %d MiB, the limit for input files", file, mostInput>>20)
		}
		read <- data
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-read, nil
}

// interruptible returns what do returns or, once ctx ends, an [exitError] with its
// cause: do, in a call that nothing else ends, such as opening a pipe that nobody else
// opens, is left to the end of the process.
func interruptible(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &exitError{exitUnknown, context.Cause(ctx)}
	}
}

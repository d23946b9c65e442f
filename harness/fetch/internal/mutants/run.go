package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A patience says when a mutant that was begun is given up: it calls giveUp then,
// unless stop is called before, which returns whether it was in time.
type patience func(mutant int, giveUp func()) (stop func() bool)

// hangs bounds the run of the catalogue on one mutant, which takes some hundredths of
// a second. What is slow, on any machine, doesn't hang.
const hangs = 30 * time.Second

func defaultPatience(_ int, giveUp func()) (stop func() bool) {
	return time.AfterFunc(hangs, giveUp).Stop
}

// runMutants runs the catalogue on mutants, in as many processes as it takes: a
// mutant that hangs or ends its process is killed by that, and the next process
// goes on with the one after it.
func runMutants(ctx context.Context, program string, ids []int, limit patience, done func(result)) error {
	for len(ids) > 0 {
		finished, err := runProcess(ctx, program, ids, limit, done)
		if err != nil {
			return err
		}
		ids = ids[finished:]
	}
	return nil
}

// runProcess runs mutants in one process, and returns how many it dealt with.
func runProcess(ctx context.Context, program string, ids []int, limit patience, done func(result)) (int, error) {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(running, program, childArg)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the rewritten model: %w", err)
	}
	encoder, decoder := json.NewEncoder(stdin), json.NewDecoder(stdout)
	if err := decoder.Decode(new(ready)); err != nil {
		cancel()
		return 0, fmt.Errorf("the rewritten model doesn't begin: %w; %v", err, cmd.Wait())
	}
	for i, id := range ids {
		stop := limit(id, cancel)
		var r result
		err := encoder.Encode(id)
		if err == nil {
			err = decoder.Decode(&r)
		}
		hung := !stop()
		if err == nil && r.Mutant == id {
			done(r)
			continue
		}
		cancel()
		waitErr := cmd.Wait()
		switch {
		case ctx.Err() != nil:
			return i, ctx.Err()
		case hung:
			done(result{Mutant: id, Died: "hung"})
		default:
			done(result{Mutant: id, Died: "ended its process: " + fmt.Sprint(waitErr)})
		}
		return i + 1, nil
	}
	if err := stdin.Close(); err != nil {
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("end the rewritten model: %w", err)
	}
	return len(ids), nil
}

// workDir makes an empty folder below _artifacts. What a killed run left there
// is removed first.
func workDir(root, name string) (dir string, remove func(), err error) {
	dir = filepath.Join(root, "_artifacts", name)
	if err := os.RemoveAll(dir); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

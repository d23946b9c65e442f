package direct

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
)

// A Program is a client that is a separate program, kept for many batches of requests:
// JSON lines in, JSON lines out, as described in fixtures/clients/main.js. If it exited,
// or was killed because a call was abandoned, the next call starts it again.
type Program struct {
	cfg    Config
	caller fetch.Caller
	spec   process.Spec

	turn  chan struct{} // holds one token: one batch at a time
	mu    sync.Mutex    // guards running
	alive *running
}

// running is a Program's process with our ends of its input and output.
type running struct {
	child *process.Child
	in    *os.File
	out   *os.File
	lines *bufio.Reader
}

// startProgram starts a client and asks it for its version.
func startProgram(ctx context.Context, cfg Config, caller fetch.Caller, spec process.Spec) (*Program, error) {
	p := &Program{cfg: cfg, caller: caller, spec: spec, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	r, version, err := p.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", caller.Name, err)
	}
	p.caller.Version = version
	p.alive = r
	return p, nil
}

// Caller implements [Client].
func (p *Program) Caller() fetch.Caller { return p.caller }

// Close stops the process. A later call starts a new one.
func (p *Program) Close() error {
	p.mu.Lock()
	r := p.alive
	p.alive = nil
	p.mu.Unlock()
	if r == nil {
		return nil
	}
	return r.end(context.Background()) // bounded by the run's timeouts
}

// Call implements [Client].
func (p *Program) Call(ctx context.Context, requests []fetch.Request) ([]Reply, error) {
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", p.caller.Name, context.Cause(ctx))
	}
	line, err := p.batch(requests)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.caller.Name, err)
	}
	r, err := p.running(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.caller.Name, err)
	}
	replies, err := p.exchange(ctx, r, line, requests)
	if err == nil {
		return replies, nil
	}
	// What it is at is unknown, so it can't be used further.
	last := r.child.LogTail(logLines)
	err = errors.Join(err, p.Close())
	if cause := context.Cause(ctx); cause != nil {
		return nil, fmt.Errorf("%s: %w", p.caller.Name, cause)
	}
	return nil, fmt.Errorf("%s: %w; its output ends:\n%s", p.caller.Name, err, last)
}

// logLines is how much of a program's log an error shows.
const logLines = 12

// running returns the process, a new one if need be.
func (p *Program) running(ctx context.Context) (*running, error) {
	p.mu.Lock()
	r := p.alive
	p.mu.Unlock()
	if r != nil {
		return r, nil
	}
	r, _, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = r
	return r, nil
}

// start starts the process and reads what it says first: its version.
func (p *Program) start(ctx context.Context) (*running, string, error) {
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer stdin.Close()
	out, stdout, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, "", err
	}
	defer stdout.Close()
	spec := p.spec
	spec.Stdin, spec.Stdout = stdin, stdout
	child, err := p.cfg.Run.Start(ctx, spec)
	if err != nil {
		return nil, "", errors.Join(err, in.Close(), out.Close())
	}
	stdout.Close() // else its end would not end our reading
	r := &running{child: child, in: in, out: out, lines: bufio.NewReader(out)}
	var first struct {
		Version string `json:"version"`
	}
	stop := r.cutOff(ctx)
	defer stop()
	if err := r.read(ctx, p.cfg.Timeouts.start(), &first); err != nil {
		err = fmt.Errorf("it did not print its version: %w; its output ends:\n%s", err, child.LogTail(logLines))
		return nil, "", errors.Join(err, r.end(ctx))
	}
	return r, first.Version, nil
}

// exchange hands the batch over and reads a reply for each call.
func (p *Program) exchange(ctx context.Context, r *running, line []byte, requests []fetch.Request) ([]Reply, error) {
	stop := r.cutOff(ctx)
	defer stop()
	if err := r.in.SetWriteDeadline(time.Now().Add(p.cfg.Timeouts.grace())); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if _, err := r.in.Write(line); err != nil {
		return nil, fmt.Errorf("hand over the calls: %w", err)
	}
	replies := make([]Reply, 0, len(requests))
	for _, request := range requests {
		var said programReply
		if err := r.read(ctx, p.cfg.Timeouts.call()+p.cfg.Timeouts.grace(), &said); err != nil {
			return nil, fmt.Errorf("read what it made of %s %s: %w", method(request), request.URL, err)
		}
		replies = append(replies, said.reply(p.cfg.Timeouts))
	}
	return replies, nil
}

// cutOff makes reading and writing fail when ctx ends, until stop is called.
func (r *running) cutOff(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		r.in.SetDeadline(longAgo)
		r.out.SetDeadline(longAgo)
	})
}

// longAgo, as a deadline, ends reading and writing at once.
var longAgo = time.Unix(1, 0)

// read reads one line into v, for no longer than the bound.
func (r *running) read(ctx context.Context, bound time.Duration, v any) error {
	if err := r.out.SetReadDeadline(time.Now().Add(bound)); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil { // the deadline above may have undone cutOff's
		return err
	}
	line, err := r.lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("%w: %.200q", err, line)
	}
	return nil
}

// end ends the process: the end of its input asks it to, the signal hurries it.
func (r *running) end(ctx context.Context) error {
	r.in.Close()
	err := r.child.Stop(context.WithoutCancel(ctx))
	r.out.Close()
	return err
}

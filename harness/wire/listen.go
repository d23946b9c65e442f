package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// listenLoopback listens on a TCP address whose host is a loopback address.
// Any other host is an error: nothing of a run is reachable from outside.
func listenLoopback(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: not a loopback address: use 127.0.0.1:%s", address, port)
	}
	ln, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s is already taken: end the program that listens on %s, or ask for a free port: %w", port, address, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %s is reserved for privileged programs: ask for a free port, or one above 1023: %w", port, err)
	case err != nil:
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	return ln, nil
}

// acceptAll hands each connection of ln to serve, in a goroutine of its own in
// wg, until ln or ctx is closed.
func acceptAll(ctx context.Context, ln net.Listener, pause time.Duration, wg *sync.WaitGroup, serve func(net.Conn)) {
	admitAll(ctx, ln, pause, wg, func(conn net.Conn) func() { return func() { serve(conn) } })
}

// admitAll does the same where the order matters: admit takes one connection
// after another as they came, and returns what serves it; nil if nothing does.
func admitAll(ctx context.Context, ln net.Listener, pause time.Duration, wg *sync.WaitGroup, admit func(net.Conn) (serve func())) {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
				continue
			}
		}
		if serve := admit(conn); serve != nil {
			wg.Go(serve)
		}
	}
}

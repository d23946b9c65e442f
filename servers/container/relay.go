package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/corsproof/corsproof/harness/wire"
)

// A relay makes a port that an engine publishes in its own network namespace
// reachable from ours, at a unix socket. It passes bytes on and reads none.
type relay struct {
	listener net.Listener
	dial     func(context.Context) (net.Conn, error)
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// A halfCloser is a connection whose one direction can end before the other.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// Relay listens on a unix socket, which any user may connect to, and forwards connections
// to an address of this machine, so that a container without a network can reach it. The
// caller closes it.
func Relay(path string, to wire.Address) (io.Closer, error) {
	r, err := startRelay(path, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, to.Network, to.Address)
	})
	if err != nil {
		return nil, fmt.Errorf("relay to %s: %w", to, err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(fmt.Errorf("relay to %s: %w", to, err), r.close())
	}
	return r, nil
}

// Close is [io.Closer].
func (r *relay) Close() error { return r.close() }

// startRelay starts a relay at the path. The caller closes it.
func startRelay(path string, dial func(context.Context) (net.Conn, error)) (*relay, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, dial: dial}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.work.Go(func() { r.pass(conn.(*net.UnixConn)) })
		}
	})
	return r, nil
}

func (r *relay) pass(client *net.UnixConn) {
	defer client.Close()
	conn, err := r.dial(r.ctx)
	if err != nil {
		return // the client sees its connection end, as at a port that nobody serves
	}
	server := conn.(halfCloser)
	defer server.Close()
	defer context.AfterFunc(r.ctx, func() {
		client.Close()
		server.Close()
	})()
	var both sync.WaitGroup
	both.Go(func() {
		io.Copy(server, client)
		server.CloseWrite()
	})
	both.Go(func() {
		io.Copy(client, server)
		client.CloseWrite()
	})
	both.Wait()
}

func (r *relay) close() error {
	r.cancel()
	err := r.listener.Close() // removes the socket
	r.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

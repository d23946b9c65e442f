package container

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
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
	server := conn.(*net.TCPConn)
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

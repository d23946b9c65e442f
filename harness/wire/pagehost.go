package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
)

// A PageHostConfig configures a [PageHost].
type PageHostConfig struct {
	// CA signs certificates of https origins. If nil, there are none.
	CA *CA
	// Router gets a route for each origin. If nil, there are no named origins.
	Router *Router
	// Clock is the clock of the run. Default: a new one that starts now.
	Clock *Clock
	// Timeouts bound the waits of the page host.
	Timeouts Timeouts
}

// A PageHost serves pages over HTTP/1.1, with one listener for each origin: on real ports
// of 127.0.0.1, and for named origins that a [Router] routes to it. All methods are safe
// for concurrent use.
type PageHost struct {
	cfg PageHostConfig
	wg  sync.WaitGroup

	mu         sync.Mutex
	servers    map[string]*pageServer // by served origin
	unexpected []string
	closed     bool
}

type pageServer struct {
	http     *http.Server
	hostport string
}

// NewPageHost returns a PageHost that serves nothing yet. The caller closes it.
func NewPageHost(cfg PageHostConfig) (*PageHost, error) {
	cfg.Clock = cfg.Clock.orNew()
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	return &PageHost{cfg: cfg, servers: map[string]*pageServer{}}, nil
}

// Serve serves content at an origin until Close, and returns the origin as a browser
// writes it:
//
//   - "" is http://127.0.0.1 on a free port;
//   - a loopback address or localhost, as in "http://127.0.0.1:5173", uses that port;
//     if it is taken, the error wraps syscall.EADDRINUSE;
//   - any other, as in "https://app.example.com", is a named origin, reached through
//     the Router.
//
// "/" is content's index.html. Nil content means only the harness's own pages,
// [PagePath] and [OpaquePath], which every origin has. Serve returns an error for an
// origin that is already served.
func (h *PageHost) Serve(origin string, content fs.FS) (served string, err error) {
	if origin == "" {
		origin = "http://127.0.0.1:0"
	}
	o, err := parsePageOrigin(origin)
	if err != nil {
		return "", fmt.Errorf("serve page origin %q: %w", origin, err)
	}
	return h.serve(origin, o, content)
}

// ServeRouted is [PageHost.Serve] for browsers only: a loopback address or localhost is
// also reached through the Router, so that its port need not be free. An empty origin is
// an error.
func (h *PageHost) ServeRouted(origin string, content fs.FS) (served string, err error) {
	o, err := parsePageOrigin(origin)
	if err != nil {
		return "", fmt.Errorf("serve page origin %q: %w", origin, err)
	}
	o.real = false
	return h.serve(origin, o, content)
}

func (h *PageHost) serve(origin string, o pageOrigin, content fs.FS) (served string, err error) {
	listen := "127.0.0.1:0"
	switch {
	case o.real:
		listen = net.JoinHostPort(o.listenHost(), o.port)
	case h.cfg.Router == nil:
		return "", fmt.Errorf("serve page origin %q: a named origin needs PageHostConfig.Router", origin)
	}
	ln, err := listenLoopback(listen)
	if err != nil {
		return "", fmt.Errorf("serve page origin %q: %w", origin, err)
	}
	_, actual, _ := net.SplitHostPort(ln.Addr().String())
	if o.real {
		o.port = actual
	}
	inner := ln
	if o.scheme == "https" {
		if h.cfg.CA == nil {
			ln.Close()
			return "", fmt.Errorf("serve page origin %q: an https origin needs PageHostConfig.CA", origin)
		}
		leaf, err := h.cfg.CA.Leaf(o.host)
		if err != nil {
			ln.Close()
			return "", fmt.Errorf("serve page origin %q: %w", origin, err)
		}
		ln = tls.NewListener(ln, &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{*leaf},
			NextProtos:   []string{"http/1.1"},
		})
	}
	served = o.String()
	server := &pageServer{hostport: o.hostport(), http: &http.Server{
		Handler:           pages{h, served, content},
		Protocols:         new(http.Protocols),
		ReadHeaderTimeout: h.cfg.Timeouts.Handshake,
		ErrorLog:          log.New(io.Discard, "", 0),
	}}
	server.http.Protocols.SetHTTP1(true)

	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		ln.Close()
		return "", fmt.Errorf("serve page origin %q: the page host is closed", origin)
	}
	if h.servers[served] != nil {
		ln.Close()
		return "", fmt.Errorf("serve page origin %q: it is served already: choose another, or a page host of its own", origin)
	}
	h.servers[served] = server
	if h.cfg.Router != nil {
		h.cfg.Router.Route(server.hostport, inner.Addr().String())
	}
	h.wg.Go(func() { server.http.Serve(ln) })
	return served, nil
}

// Unexpected returns the requests for paths that do not exist at the origin, as in "GET
// https://app.example.com/favicon.ico", in order.
func (h *PageHost) Unexpected() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.unexpected)
}

// Close stops all origins with their connections, and removes their routes. It is
// idempotent.
func (h *PageHost) Close() error {
	h.mu.Lock()
	h.closed = true
	servers := h.servers
	h.servers = map[string]*pageServer{}
	h.mu.Unlock()
	var errs []error
	for _, s := range servers {
		if h.cfg.Router != nil {
			h.cfg.Router.Remove(s.hostport)
		}
		errs = append(errs, s.http.Close())
	}
	h.wg.Wait()
	return errors.Join(errs...)
}

package harness

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Server is your own handler behind a recorder.
type Server struct {
	// URL is the origin of the server, without a slash at the end.
	URL string
	// Recorder records all requests and responses.
	Recorder *wire.Recorder

	server *http.Server // nil for a target's
}

// Serve starts a handler on loopback behind a recorder. The browser and the direct
// clients reach it at origin: "https://api.example.com", or "" for an http origin on a
// free port of 127.0.0.1. The lab closes it.
func (l *Lab) Serve(name, origin string, handler http.Handler) (*Server, error) {
	return l.serve(wire.RecorderConfig{Name: name}, origin, handler)
}

// ServeOrigin is [Lab.Serve] for a handler that stands for a server at an origin that
// somebody else has: the recording names it by the origin, and it answers the harness's
// own paths by itself, with [wire.AnswerOwn].
func (l *Lab) ServeOrigin(origin string, handler http.Handler) (*Server, error) {
	return l.serve(wire.RecorderConfig{Name: origin, Naming: wire.NamingOrigin, AnswersOwn: true}, origin, handler)
}

func (l *Lab) serve(cfg wire.RecorderConfig, origin string, handler http.Handler) (*Server, error) {
	name := cfg.Name
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve %s: %w", name, err)
	}
	s := &Server{URL: origin, server: &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}}
	cfg.Clock, cfg.Upstream = l.Clock, wire.Address{Network: "tcp", Address: listener.Addr().String()}
	var hostport string
	if origin != "" {
		host, port, err := wire.SplitOrigin(origin)
		if err != nil {
			listener.Close()
			return nil, fmt.Errorf("serve %s: %w", name, err)
		}
		hostport = net.JoinHostPort(host, port)
		if strings.HasPrefix(origin, "https://") {
			cfg.TLS = l.CA
		}
	}
	if cfg.TLS != nil {
		host, _, err := net.SplitHostPort(hostport)
		if err != nil {
			listener.Close()
			return nil, fmt.Errorf("serve %s: %w", name, err)
		}
		leaf, err := l.CA.Leaf(host)
		if err != nil {
			listener.Close()
			return nil, fmt.Errorf("serve %s: %w", name, err)
		}
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*leaf}}
		go s.server.ServeTLS(listener, "", "")
	} else {
		go s.server.Serve(listener)
	}
	if s.Recorder, err = wire.NewRecorder(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("serve %s: %w", name, err), s.server.Close())
	}
	if hostport == "" {
		hostport = s.Recorder.Addr()
		s.URL = "http://" + hostport
	}
	if err := l.WatchAs(s.Recorder, hostport); err != nil {
		return nil, errors.Join(fmt.Errorf("serve %s: %w", name, err), s.close())
	}
	l.mu.Lock()
	l.servers = append(l.servers, s)
	l.mu.Unlock()
	return s, nil
}

// ServeT is [Lab.Serve] for a test.
func (l *Lab) ServeT(tb testing.TB, name, origin string, handler http.Handler) *Server {
	tb.Helper()
	s, err := l.Serve(name, origin, handler)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *Server) close() error {
	err := s.Recorder.Close()
	if s.server != nil {
		err = errors.Join(err, s.server.Close())
	}
	return err
}

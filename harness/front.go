package harness

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/corsproof/corsproof/harness/wire"
)

// Front puts a recorder in front of the listener of a target that answers for an origin,
// and routes the origin to it for the browser and the direct clients. The recorder
// terminates TLS with a certificate of the lab, and uses TLS to the listener if that
// supports it. In the recording, the server of each exchange is the requested origin. The
// lab closes the recorder; the caller still owns the target.
func (l *Lab) Front(name string, endpoint wire.Endpoint, origin string) (*Server, error) {
	s, err := l.front(name, endpoint, origin)
	if err != nil {
		return nil, fmt.Errorf("stand in front of %s: %w", name, err)
	}
	return s, nil
}

func (l *Lab) front(name string, endpoint wire.Endpoint, origin string) (*Server, error) {
	host, port, err := wire.SplitOrigin(origin)
	if err != nil {
		return nil, err
	}
	listener, err := endpoint.For(origin)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	cfg := wire.RecorderConfig{Name: name, Naming: wire.NamingOrigin, Clock: l.Clock, Upstream: listener.Address}
	if u.Scheme == "https" {
		cfg.TLS = l.CA
		if !listener.TLS {
			cfg.TerminateAs = wire.ServedHTTP1
		} else if cfg.UpstreamRoots = endpoint.Roots; cfg.UpstreamRoots == nil {
			if cfg.UpstreamRoots, err = x509.SystemCertPool(); err != nil {
				return nil, err
			}
		}
	}
	recorder, err := wire.NewRecorder(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{URL: origin, Recorder: recorder}
	if err := l.WatchAs(recorder, net.JoinHostPort(host, port)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	l.mu.Lock()
	l.servers = append(l.servers, s)
	l.mu.Unlock()
	return s, nil
}

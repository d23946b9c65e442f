package harness

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Target is who answers for a policy's URL: a gateway that is started with its
// own config, as package servers/gateway has them, or one that runs already, a
// [URLTarget].
type Target interface {
	// Start makes the target answer, what it stands before being led to upstream
	// where that can be told to it, and returns where it does. It is called once.
	// The error shows what the target itself said.
	Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error)
	// Close ends what Start started, whatever it is doing. It is idempotent, and
	// may be called without a Start.
	Close() error
}

// A URLTarget is a server that runs already. Its upstreams are its own.
type URLTarget struct {
	// URL is the origin that pages call: scheme, host and port.
	URL string
	// Roots verifies its certificate; nil means the system's.
	Roots *x509.CertPool
	// Timeout bounds the look whether anybody is there. Default 10 s.
	Timeout time.Duration
}

const urlTargetTimeout = 10 * time.Second

// Start finds the address of the URL's host and looks whether anybody listens
// there. It sends nothing, and ignores upstream.
func (t *URLTarget) Start(ctx context.Context, _ wire.Upstream) (wire.Endpoint, error) {
	endpoint, err := t.start(ctx)
	if err != nil {
		return wire.Endpoint{}, fmt.Errorf("target %s: %w", t.URL, err)
	}
	return endpoint, nil
}

func (t *URLTarget) start(ctx context.Context) (wire.Endpoint, error) {
	host, port, err := parseOrigin(t.URL)
	if err != nil {
		return wire.Endpoint{}, err
	}
	scheme, _, _ := strings.Cut(t.URL, "://")
	if scheme != "http" && scheme != "https" {
		return wire.Endpoint{}, errors.New("its scheme is neither http nor https")
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return wire.Endpoint{}, err
	}
	timeout := t.Timeout
	if timeout == 0 {
		timeout = urlTargetTimeout
	}
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		var unknown *net.DNSError
		if errors.As(err, &unknown) {
			return wire.Endpoint{}, fmt.Errorf("its host can't be resolved: %w: see that the name is right and known on this machine", err)
		}
		return wire.Endpoint{}, fmt.Errorf("nobody answers there: %w: see that it runs and that this machine can reach it", err)
	}
	address := conn.RemoteAddr().String()
	conn.Close()
	return wire.Endpoint{Roots: t.Roots, Listeners: []wire.EndpointListener{{
		Written: t.URL, Port: number, TLS: scheme == "https", Hosts: []string{host},
		Address: wire.Address{Network: "tcp", Address: address},
	}}}, nil
}

// Close does nothing: the server is not ours.
func (t *URLTarget) Close() error { return nil }

// Front puts a recorder before the listener of a target that answers for an
// origin, and routes the origin there for the browser and the direct clients.
// The recorder ends TLS with a certificate of the lab's, and opens TLS of its own
// to the listener, if that speaks it. In the recording, the server of each exchange
// is the origin that was asked. The lab closes it; the target stays the caller's.
func (l *Lab) Front(name string, endpoint wire.Endpoint, origin string) (*Server, error) {
	s, err := l.front(name, endpoint, origin)
	if err != nil {
		return nil, fmt.Errorf("stand in front of %s: %w", name, err)
	}
	return s, nil
}

func (l *Lab) front(name string, endpoint wire.Endpoint, origin string) (*Server, error) {
	host, port, err := parseOrigin(origin)
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

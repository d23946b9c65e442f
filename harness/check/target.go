package check

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

// A Target answers for a policy's URL: a gateway of package servers/gateway, a running
// server ([URLTarget]), or a target of your own.
type Target = target.Target

// A URLTarget is a server that runs already. It has its own upstreams.
type URLTarget struct {
	// URL is the origin that pages call: scheme, host and port.
	URL string
	// Roots verifies the server's certificate; nil means the system's roots.
	Roots *x509.CertPool
	// Timeout bounds the initial test whether the server accepts connections. Default 10
	// s.
	Timeout time.Duration
	// Recognize, if not nil, returns why the server refused a request, see
	// [target.Facts].Recognize.
	Recognize func(status int, body string) target.Reason
}

const urlTargetTimeout = 10 * time.Second

// Facts returns that the server belongs to somebody else, and Recognize.
func (t *URLTarget) Facts() target.Facts { return target.Facts{Recognize: t.Recognize} }

// Start resolves the URL's host and tests whether it accepts connections. It sends no
// request, and ignores upstream.
func (t *URLTarget) Start(ctx context.Context, _ wire.Upstream) (wire.Endpoint, error) {
	endpoint, err := t.start(ctx)
	if err != nil {
		return wire.Endpoint{}, fmt.Errorf("target %s: %w", t.URL, err)
	}
	return endpoint, nil
}

func (t *URLTarget) start(ctx context.Context) (wire.Endpoint, error) {
	host, port, err := wire.SplitOrigin(t.URL)
	if err != nil {
		return wire.Endpoint{}, err
	}
	scheme, _, _ := strings.Cut(t.URL, "://")
	if scheme != "http" && scheme != "https" {
		return wire.Endpoint{}, errors.New("its scheme is not http or https")
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
			return wire.Endpoint{}, fmt.Errorf("cannot resolve its host: %w; check the name and this machine's DNS", err)
		}
		return wire.Endpoint{}, fmt.Errorf("cannot connect: %w; check that it runs and that this machine can reach it", err)
	}
	address := conn.RemoteAddr().String()
	conn.Close()
	return wire.Endpoint{Roots: t.Roots, Listeners: []wire.EndpointListener{{
		Written: t.URL, Port: number, TLS: scheme == "https", Hosts: []string{host},
		Address: wire.Address{Network: "tcp", Address: address},
	}}}, nil
}

// Close does nothing, since URLTarget did not start the server.
func (t *URLTarget) Close() error { return nil }

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

// A Target is who answers for a policy's URL: a gateway, as package servers/gateway has
// them, one that runs already, a [URLTarget], or somebody's own.
type Target = target.Target

// A URLTarget is a server that runs already. Its upstreams are its own.
type URLTarget struct {
	// URL is the origin that pages call: scheme, host and port.
	URL string
	// Roots verifies its certificate; nil means the system's.
	Roots *x509.CertPool
	// Timeout bounds the look whether anybody is there. Default 10 s.
	Timeout time.Duration
	// Recognize, if not nil, says why the server refused a request, see
	// [target.Facts].Recognize.
	Recognize func(status int, body string) target.Reason
}

const urlTargetTimeout = 10 * time.Second

// Facts says that the server belongs to somebody else.
func (t *URLTarget) Facts() target.Facts { return target.Facts{Recognize: t.Recognize} }

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

// Close does nothing: the server is not ours.
func (t *URLTarget) Close() error { return nil }

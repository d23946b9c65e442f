package direct

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"runtime"

	"github.com/corsproof/corsproof/harness/fetch"
)

// NetHTTP is Go's own HTTP client. Close it to end its idle connections.
type NetHTTP struct {
	transport *http.Transport
	cfg       Config
}

// NewNetHTTP returns Go's own HTTP client. It ignores proxies in the environment.
func NewNetHTTP(cfg Config) *NetHTTP {
	dial := dialFromOwn
	if cfg.Dial != nil {
		dial = cfg.Dial
	}
	t := &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if to, ok := cfg.route(address); ok {
				address = to
			}
			return dial(ctx, network, address)
		},
	}
	if cfg.CA != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: cfg.CA.Pool()}
		if cfg.Identity != nil {
			// Whatever authorities the server names: it is the server who refuses.
			t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return &cfg.Identity.Certificate, nil
			}
		}
	}
	return &NetHTTP{transport: t, cfg: cfg}
}

// dialFromOwn calls loopback from an address that no other call is made from: see
// [Observe].
func dialFromOwn(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Is4() && to.Addr().IsLoopback() {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(nextSource())}
	}
	return dialer.DialContext(ctx, network, address)
}

// Caller implements [Client].
func (c *NetHTTP) Caller() fetch.Caller {
	return fetch.Caller{Name: "net/http", Kind: fetch.CallerDirect, Version: runtime.Version()}
}

// Close ends the idle connections.
func (c *NetHTTP) Close() { c.transport.CloseIdleConnections() }

// Call implements [Client].
func (c *NetHTTP) Call(ctx context.Context, requests []fetch.Request) ([]Reply, error) {
	replies := make([]Reply, 0, len(requests))
	for _, r := range requests {
		reply, err := c.call(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("net/http: %w", err)
		}
		replies = append(replies, reply)
	}
	return replies, nil
}

func (c *NetHTTP) call(ctx context.Context, r fetch.Request) (Reply, error) {
	// A connection of its own for each call: net/http repeats a request of its
	// own accord if a kept-alive connection turns out to be closed.
	c.transport.CloseIdleConnections()
	var reply Reply
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reply.Connections = []string{info.Conn.LocalAddr().String()} },
	})
	p, err := body(r)
	if err != nil {
		return reply, err
	}
	out := Outgoing{Method: method(r), URL: r.URL, Body: p}
	for _, h := range headers(r) {
		out.Headers = append(out.Headers, fetch.Header{http.CanonicalHeaderKey(h.Name()), h.Value()})
	}
	came, err := Exchange(ctx, c.transport, out, c.cfg.Timeouts.call())
	switch {
	case err != nil:
		return reply, err
	case came.Silent: // not the server's answer, but the end of our patience
		reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("no whole answer within %v", c.cfg.Timeouts.call())}
	case came.Failed != "":
		reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: came.Failed}
	default:
		reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
			Type: fetch.ResponseDefault, Status: came.Status, URL: r.URL, Headers: came.Headers.Redacted(), Body: came.Body,
		}}
	}
	return reply, nil
}

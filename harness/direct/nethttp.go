package direct

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"runtime"
	"slices"

	"github.com/corsproof/corsproof/harness/fetch"
)

var errTimeout = errors.New("the call took too long")

// NetHTTP is Go's own HTTP client. Close it to end its idle connections.
type NetHTTP struct {
	transport *http.Transport
	cfg       Config
}

// NewNetHTTP returns Go's own HTTP client. It takes no proxy from the
// environment.
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
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeouts.call(), errTimeout)
	defer cancel()
	var reply Reply
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reply.Connections = []string{info.Conn.LocalAddr().String()} },
	})
	p, err := body(r)
	if err != nil {
		return reply, err
	}
	req, err := http.NewRequestWithContext(ctx, method(r), r.URL, bytes.NewReader(p))
	if err != nil {
		return reply, fmt.Errorf("make the request: %w", err)
	}
	for _, h := range headers(r) {
		req.Header.Add(h.Name(), h.Value())
	}
	// RoundTrip, not Do: the client follows no redirect of its own accord.
	resp, err := c.transport.RoundTrip(req)
	var b fetch.PayloadBuilder
	if err == nil {
		defer resp.Body.Close()
		if _, err = io.Copy(&b, resp.Body); err != nil {
			err = fmt.Errorf("read the body: %w", err)
		}
	}
	switch cause := context.Cause(ctx); {
	case err == nil:
	case cause == errTimeout: // not the server's answer, but the end of our patience
		reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("no whole answer within %v", c.cfg.Timeouts.call())}
		return reply, nil
	case cause != nil:
		return reply, cause
	default:
		reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: err.Error()}
		return reply, nil
	}
	reply.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
		Type: fetch.ResponseDefault, Status: resp.StatusCode, URL: r.URL, Headers: sorted(resp.Header), Body: b.Payload(),
	}}
	return reply, nil
}

// sorted lists a header map by name: net/http forgets the order of the lines.
func sorted(header http.Header) fetch.HeaderList {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	list := fetch.HeaderList{}
	for _, name := range names {
		for _, value := range header[name] {
			list = append(list, fetch.Header{name, fetch.IsomorphicDecode([]byte(value))})
		}
	}
	return list.Redacted()
}

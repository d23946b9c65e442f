package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A targetClient makes single requests to a target, for the model to judge: it
// follows nothing, adds nothing of the CORS protocol and retries nothing. Safe
// for concurrent use.
type targetClient struct {
	origin  fetch.Origin
	timeout time.Duration
	silence *silence
	byProto map[catalog.Protocol]*http.Transport
}

// newTargetClient calls origin at a listener of the target.
func newTargetClient(origin fetch.Origin, listener wire.EndpointListener, endpoint wire.Endpoint, timeout time.Duration) *targetClient {
	c := &targetClient{origin: origin, timeout: timeout, silence: &silence{limit: checkWorkers, timeout: timeout}, byProto: map[catalog.Protocol]*http.Transport{}}
	for _, protocol := range []catalog.Protocol{catalog.HTTP1, catalog.HTTP2} {
		t := &http.Transport{
			DisableCompression:  true,
			MaxIdleConnsPerHost: checkWorkersFar,
			Protocols:           new(http.Protocols),
			// To a recorder of ours, with the curve that costs least.
			TLSClientConfig: &tls.Config{RootCAs: endpoint.Roots, CurvePreferences: []tls.CurveID{tls.CurveP256}},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, listener.Address.Network, listener.Address.Address)
			},
		}
		t.Protocols.SetHTTP1(protocol == catalog.HTTP1)
		t.Protocols.SetHTTP2(protocol == catalog.HTTP2)
		c.byProto[protocol] = t
	}
	return c
}

// speaksHTTP2 reports whether the target agrees on HTTP/2 within TLS.
func (c *targetClient) speaksHTTP2(ctx context.Context) (bool, error) {
	if !isSecure(c.origin) {
		return false, nil
	}
	host, _, err := wire.SplitOrigin(string(c.origin))
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTooLate)
	defer cancel()
	raw, err := c.byProto[catalog.HTTP1].DialContext(ctx, "", "")
	if err != nil {
		return false, err
	}
	defer raw.Close()
	conn := tls.Client(raw, &tls.Config{
		ServerName: host, RootCAs: c.byProto[catalog.HTTP1].TLSClientConfig.RootCAs, NextProtos: []string{"h2", "http/1.1"},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return false, fmt.Errorf("TLS handshake with the target: %w", err)
	}
	return conn.ConnectionState().NegotiatedProtocol == "h2", nil
}

func (c *targetClient) close() {
	for _, t := range c.byProto {
		t.CloseIdleConnections()
	}
}

// answerer is the target as a transport of the model. Protocol is empty for
// HTTP/1.1. If a request mayHang, that it has no answer says nothing of the target;
// of others, too many in a row are a [SilentError].
func (c *targetClient) answerer(protocol catalog.Protocol, mayHang bool) fetch.Answerer {
	if protocol == "" {
		protocol = catalog.HTTP1
	}
	return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		switch r.URL.Origin() {
		case c.origin:
			response, err := c.call(ctx, protocol, r)
			switch {
			case err != nil:
			case !response.Silent:
				c.silence.broken()
			case !mayHang:
				err = c.silence.more()
			}
			return response, err
		case catalog.Elsewhere:
			return catalog.AnswerElsewhere(), nil
		}
		return fetch.NetworkResponse{Failed: "no server for " + string(r.URL.Origin())}, nil
	}
}

// errTooLate is why the agreement on TLS ended.
var errTooLate = errors.New("the target did not answer within the timeout")

func (c *targetClient) call(ctx context.Context, protocol catalog.Protocol, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
	body, ok := fetch.IsomorphicEncode(r.Body)
	if !ok {
		return fetch.NetworkResponse{}, errors.New("the body has a code point above U+00FF")
	}
	out := direct.Outgoing{Method: r.Method, URL: r.URL.String(), Headers: append(fetch.HeaderList{{"User-Agent", "corsproof"}}, r.Headers...), Body: body}
	return direct.Exchange(ctx, c.byProto[protocol], out, c.timeout)
}

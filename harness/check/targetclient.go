package check

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
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
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
		return false, fmt.Errorf("agree with the target on TLS: %w", err)
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
		return fetch.NetworkResponse{Failed: "nobody answers at " + string(r.URL.Origin())}, nil
	}
}

// errTooLate is why a request that took too long ended.
var errTooLate = errors.New("the target did not answer in time")

func (c *targetClient) call(ctx context.Context, protocol catalog.Protocol, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
	body, ok := fetch.IsomorphicEncode(r.Body)
	if !ok {
		return fetch.NetworkResponse{}, errors.New("the body holds a code point above U+00FF")
	}
	u, err := url.Parse(withoutFragment(r.URL.String()))
	if err != nil {
		return fetch.NetworkResponse{}, fmt.Errorf("call the target: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTooLate)
	defer cancel()
	var came atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { came.Store(true) }})
	request := (&http.Request{
		Method: r.Method, URL: u, Host: u.Host, Header: http.Header{"User-Agent": {"corsproof"}},
		Body: http.NoBody,
	}).WithContext(ctx)
	if r.HasBody {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	for _, h := range r.Headers {
		value, _ := fetch.IsomorphicEncode(h.Value())
		request.Header[h.Name()] = append(request.Header[h.Name()], string(value))
	}
	response, err := c.byProto[protocol].RoundTrip(request)
	if err != nil {
		return failed(ctx, err, came.Load())
	}
	defer response.Body.Close()
	var content fetch.PayloadBuilder
	if _, err := io.Copy(&content, response.Body); err != nil {
		return failed(ctx, err, true)
	}
	out := fetch.NetworkResponse{Status: response.StatusCode, Reason: strings.TrimPrefix(response.Status, fmt.Sprint(response.StatusCode, " "))}
	names := make([]string, 0, len(response.Header))
	for name := range response.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range response.Header[name] {
			out.Headers = append(out.Headers, fetch.Header{name, fetch.IsomorphicDecode([]byte(value))})
		}
	}
	out.Body = content.Payload()
	return out, nil
}

// failed tells a network error, which is the target's, from the end of the run. came
// says that something of an answer did.
func failed(ctx context.Context, err error, came bool) (fetch.NetworkResponse, error) {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTooLate):
		return fetch.NetworkResponse{Silent: true}, nil
	case cause != nil:
		return fetch.NetworkResponse{}, cause
	}
	if came {
		return fetch.NetworkResponse{Failed: "what came is no answer that can be read: " + err.Error(), Failure: fetch.FailureUnreadable}, nil
	}
	if wantsCertificate(err) {
		return fetch.NetworkResponse{Failed: err.Error(), Failure: fetch.FailureCertificate}, nil
	}
	return fetch.NetworkResponse{Failed: err.Error()}, nil
}

// certificateAlerts are what a server ends a handshake with if it wants another
// certificate of the client than it got: https://www.rfc-editor.org/rfc/rfc8446#section-6.
var certificateAlerts = []tls.AlertError{42, 43, 44, 45, 46, 48, 116}

// wantsCertificate reports whether the server ended a handshake because of the
// client's certificate. The type of an alert that came over TCP isn't exported.
func wantsCertificate(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && slices.ContainsFunc(certificateAlerts, func(a tls.AlertError) bool {
		return op.Err.Error() == a.Error()
	})
}

func withoutFragment(u string) string {
	u, _, _ = strings.Cut(u, "#")
	return u
}

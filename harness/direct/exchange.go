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
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// errTooLate is why a request that took too long ended.
var errTooLate = errors.New("no whole answer came in time")

// An Outgoing is one request as sent.
type Outgoing struct {
	Method string
	// URL is sent as written, except for a fragment, which is never sent.
	URL     string
	Headers fetch.HeaderList
	Body    []byte
}

// Exchange sends one request by net/http, as written, and returns the response. It
// follows no redirect, keeps no cookie, decodes no body, and adds only what HTTP itself
// needs. The caller owns t, which decides where connections go; with DisableCompression
// it requests no content coding.
//
// A missing response is not an error: [fetch.NetworkResponse] says whether the server
// did not respond within timeout, or why the response cannot be read. Exchange returns
// an error if the request cannot be sent, or the cause of ctx. It may be called
// concurrently.
func Exchange(ctx context.Context, t *http.Transport, r Outgoing, timeout time.Duration) (fetch.NetworkResponse, error) {
	request, err := r.request()
	if err != nil {
		return fetch.NetworkResponse{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTooLate)
	defer cancel()
	var came atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { came.Store(true) }})
	response, err := t.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return unanswered(ctx, err, came.Load())
	}
	defer response.Body.Close()
	var content fetch.PayloadBuilder
	if _, err := io.Copy(&content, response.Body); err != nil {
		return unanswered(ctx, fmt.Errorf("read the body: %w", err), true)
	}
	return fetch.NetworkResponse{
		Status: response.StatusCode, Reason: strings.TrimPrefix(response.Status, fmt.Sprint(response.StatusCode, " ")),
		Headers: sorted(response.Header), Body: content.Payload(),
	}, nil
}

func (r Outgoing) request() (*http.Request, error) {
	address, _, _ := strings.Cut(r.URL, "#")
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request := &http.Request{Method: r.Method, URL: u, Host: u.Host, Header: http.Header{}, Body: http.NoBody}
	if len(r.Body) > 0 {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(r.Body)), int64(len(r.Body))
	}
	for _, h := range r.Headers {
		value, ok := fetch.IsomorphicEncode(h.Value())
		if !ok {
			return nil, fmt.Errorf("%s %s: the value of %s holds a code point above U+00FF; give its bytes isomorphic decoded", r.Method, r.URL, h.Name())
		}
		request.Header[h.Name()] = append(request.Header[h.Name()], string(value))
	}
	return request, nil
}

// unanswered tells what the server did from the end of the run. came says that something
// of an answer did.
func unanswered(ctx context.Context, err error, came bool) (fetch.NetworkResponse, error) {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTooLate):
		return fetch.NetworkResponse{Silent: true}, nil
	case cause != nil:
		return fetch.NetworkResponse{}, cause
	case came:
		return fetch.NetworkResponse{Failed: "what came is no answer that can be read: " + err.Error(), Failure: fetch.FailureUnreadable}, nil
	case wantsCertificate(err):
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
	return list
}

package direct

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// A Client is an HTTP client that is not a browser. Its methods may be called
// concurrently.
type Client interface {
	// Caller names the client and its version.
	Caller() fetch.Caller

	// Call makes the calls one after another, in one process, and returns a
	// reply for each in the same order. No answer from a server is a reply
	// with a network error; the error is for what we could not do ourselves.
	Call(ctx context.Context, requests []fetch.Request) ([]Reply, error)
}

// A Reply is what a client made of one request.
type Reply struct {
	Outcome fetch.Outcome
	// Local is the client's end of the connection that carried the request,
	// "127.0.0.1:49152"; empty if there was none.
	Local string
}

// Config is what every client needs. The zero value calls real addresses with
// the system's certificates.
type Config struct {
	// Run owns the processes that clients are; needed by [NewCurl] alone.
	Run *process.Run

	// Resolve maps a host:port to the address that serves it. Nil, or false,
	// means the host:port itself.
	Resolve func(hostport string) (address string, ok bool)

	// Identity is the certificate that the client shows to a TLS server that asks
	// for one; nil means none. It is for net/http and curl.
	Identity *wire.Identity

	// Dial and Wrap make the calls leave from somewhere else than this process,
	// another network namespace say: connections of net/http are opened with
	// Dial, curl is started as Wrap's answer says. Nil means from here.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Wrap func(process.Spec) process.Spec

	// CA is trusted beside nothing else; nil means the system's roots.
	CA *wire.CA

	Timeouts Timeouts
}

// Timeouts bound what a client waits for. A zero field means its default.
type Timeouts struct {
	// Call bounds one call, connecting included: 10 s.
	Call time.Duration
}

func (t Timeouts) call() time.Duration {
	if t.Call > 0 {
		return t.Call
	}
	return 10 * time.Second
}

// Observe makes the calls with the client and joins each reply with the
// exchange that the recorders saw on the client's own connection. A reply whose
// connection reached no recorder is an error: a trace without a witness is no
// evidence.
func Observe(ctx context.Context, client Client, recorders []*wire.Recorder, requests []fetch.Request) ([]fetch.Trace, error) {
	marks := make([]wire.Mark, len(recorders))
	for i, r := range recorders {
		marks[i] = r.Mark()
	}
	replies, err := client.Call(ctx, requests)
	if err != nil {
		return nil, err
	}
	if len(replies) != len(requests) {
		return nil, fmt.Errorf("%s: %d replies to %d requests", client.Caller().Name, len(replies), len(requests))
	}

	// Each connection's exchanges stand in the order of its requests, and a
	// client that makes one call after another uses them up in that order.
	byPeer := map[string][]fetch.Exchange{}
	for i, r := range recorders {
		for _, x := range r.Since(marks[i]) {
			byPeer[x.Peer] = append(byPeer[x.Peer], x)
		}
	}
	traces := make([]fetch.Trace, len(requests))
	for i, reply := range replies {
		traces[i] = fetch.Trace{
			Schema:  fetch.TraceSchema,
			Caller:  client.Caller(),
			Request: redacted(requests[i]),
			Outcome: reply.Outcome,
		}
		if reply.Local == "" {
			continue
		}
		seen := byPeer[reply.Local]
		if len(seen) == 0 {
			return nil, fmt.Errorf("%s: %s %s: no recorder saw a request from %s; put a recorder in front of the server",
				client.Caller().Name, method(requests[i]), requests[i].URL, reply.Local)
		}
		traces[i].Exchanges, byPeer[reply.Local] = seen[:1:1], seen[1:]
		if err := agree(traces[i]); err != nil {
			return nil, err
		}
	}
	return traces, nil
}

// agree compares what the client read with what its recorder saw.
func agree(t fetch.Trace) error {
	read, sent := t.Outcome.Response, t.Exchanges[0].Response
	switch {
	case read == nil:
		return nil
	case sent == nil:
		return fmt.Errorf("%s read status %d, but its recorder saw no answer in exchange %s", t.Caller.Name, read.Status, t.Exchanges[0].ID)
	}
	if read.Status != sent.Status {
		return fmt.Errorf("%s read status %d, but its recorder saw %d in exchange %s", t.Caller.Name, read.Status, sent.Status, t.Exchanges[0].ID)
	}
	// A client reads nothing where there is no body, as in the answer to a HEAD.
	if none := sent.Body == (fetch.Payload{}); none && read.Body.Length == 0 {
		return nil
	}
	if read.Body.Digest != sent.Body.Digest {
		return fmt.Errorf("%s read a body of %d bytes (%s), but its recorder saw %d bytes (%s) in exchange %s",
			t.Caller.Name, read.Body.Length, read.Body.Digest, sent.Body.Length, sent.Body.Digest, t.Exchanges[0].ID)
	}
	return nil
}

func redacted(r fetch.Request) fetch.Request {
	r.Headers = r.Headers.Redacted()
	return r
}

func method(r fetch.Request) string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// headers returns the lines that the client is to send: the author's, the
// Origin if the request names one, and the type that fetch() would give a body
// without one (https://fetch.spec.whatwg.org/#concept-bodyinit-extract).
func headers(r fetch.Request) fetch.HeaderList {
	list := append(fetch.HeaderList{}, r.Headers...)
	if r.Origin != "" && !list.Contains("Origin") {
		list = append(list, fetch.Header{"Origin", r.Origin})
	}
	if r.Body != nil && !list.Contains("Content-Type") {
		switch {
		case r.Body.Kind == fetch.BodyBlob && r.Body.ContentType != "":
			list = append(list, fetch.Header{"Content-Type", r.Body.ContentType})
		case r.Body.Kind == "" || r.Body.Kind == fetch.BodyText:
			list = append(list, fetch.Header{"Content-Type", "text/plain;charset=UTF-8"})
		}
	}
	return list
}

func body(r fetch.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	p, ok := fetch.IsomorphicEncode(r.Body.Bytes)
	if !ok {
		return nil, fmt.Errorf("%s %s: the body holds a code point above U+00FF; give its bytes isomorphic decoded", method(r), r.URL)
	}
	return p, nil
}

// loopback makes an address from a local IP and a port.
func loopback(ip string, port int) string {
	if ip == "" || port == 0 {
		return ""
	}
	return net.JoinHostPort(strings.Trim(ip, "[]"), strconv.Itoa(port))
}

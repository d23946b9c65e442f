package direct

import (
	"cmp"
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

// A Client is a program that makes calls and is no browser. Its methods may be
// called concurrently.
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
	// Connections are the client's ends of the connections that it made or used
	// for the request, "127.0.0.1:49152", in order; none if there was none.
	Connections []string
}

// Config is what every client needs. The zero value calls real addresses with
// the system's certificates.
type Config struct {
	// Run owns the processes that clients are; [NetHTTP] alone needs none.
	Run *process.Run

	// Routes returns the table of the addresses that stand for a host:port, in
	// lower case. Nil, and what is not in the table, means the host:port itself.
	// The clients that are programs of their own refuse a name that isn't in a
	// table: the user agents among them follow redirects to where no case sent
	// them.
	Routes func() map[string]string

	// Identity is the certificate that the client shows to a TLS server that asks
	// for one; nil means none. It is for net/http and curl.
	Identity *wire.Identity

	// Dial and Wrap make the calls leave from somewhere else than this process,
	// another network namespace say: connections of net/http are opened with
	// Dial, curl is started as Wrap's answer says. Nil means from here.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Wrap func(process.Spec) process.Spec

	// CA is trusted beside nothing else, by Node's clients beside the roots that
	// Node brings; nil means the system's roots.
	CA *wire.CA

	// Programs says where the clients are that have to be installed.
	Programs Programs

	Timeouts Timeouts
}

// route returns the address that stands for a host:port.
func (c Config) route(hostport string) (address string, ok bool) {
	if c.Routes == nil {
		return "", false
	}
	address, ok = c.Routes()[strings.ToLower(hostport)]
	return address, ok
}

// Timeouts bound what a client waits for. A zero field means its default.
type Timeouts struct {
	// Call bounds one call, connecting included: 10 s.
	Call time.Duration
	// Start bounds the start of a client that is a program of its own, curl's answer
	// to what it is included: 30 s.
	Start time.Duration
	// Grace is how much longer than Call such a program may take to say that a
	// call took too long, before it is held to be broken: 5 s.
	Grace time.Duration
}

func (t Timeouts) call() time.Duration  { return cmp.Or(t.Call, 10*time.Second) }
func (t Timeouts) start() time.Duration { return cmp.Or(t.Start, 30*time.Second) }
func (t Timeouts) grace() time.Duration { return cmp.Or(t.Grace, 5*time.Second) }

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

// headers returns the lines that a direct client is to send: the author's, and
// the Origin if the request names one.
func headers(r fetch.Request) fetch.HeaderList {
	list := authored(r)
	if r.Origin != "" && !list.Contains("Origin") {
		list = append(list, fetch.Header{"Origin", r.Origin})
	}
	return list
}

// authored returns the lines that the author of the call sets, and the type that
// fetch() would give a body without one
// (https://fetch.spec.whatwg.org/#concept-bodyinit-extract).
func authored(r fetch.Request) fetch.HeaderList {
	list := append(fetch.HeaderList{}, r.Headers...)
	if r.Body != nil && !list.Contains("Content-Type") {
		switch {
		case r.Body.Kind == fetch.BodyBlob && r.Body.ContentType != "":
			list = append(list, fetch.Header{"Content-Type", r.Body.ContentType})
		case r.Body.Kind == fetch.BodyFormData:
			_, typ := fetch.EncodeFormData(r.Body.Bytes)
			list = append(list, fetch.Header{"Content-Type", typ})
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
	bytes := r.Body.Bytes
	if r.Body.Kind == fetch.BodyFormData {
		bytes, _ = fetch.EncodeFormData(bytes)
	}
	p, ok := fetch.IsomorphicEncode(bytes)
	if !ok {
		return nil, fmt.Errorf("%s %s: the body holds a code point above U+00FF; give its bytes isomorphic decoded", method(r), r.URL)
	}
	return p, nil
}

// connection makes the list of one connection from a local IP and a port.
func connection(ip string, port int) []string {
	if ip == "" || port == 0 {
		return nil
	}
	return []string{net.JoinHostPort(strings.Trim(ip, "[]"), strconv.Itoa(port))}
}

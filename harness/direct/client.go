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

// A Client is a program other than a browser that sends requests. Its methods may be
// called concurrently.
type Client interface {
	// Caller returns the client's name and version.
	Caller() fetch.Caller

	// Call sends the requests one after another, in one process, and returns a reply for
	// each in the same order. If a server does not respond, the reply has a network
	// error; the error is for failures of the client itself.
	Call(ctx context.Context, requests []fetch.Request) ([]Reply, error)
}

// A Reply is a client's result of one request.
type Reply struct {
	Outcome fetch.Outcome
	// Connections are the client's ends of the connections that it opened or used for the
	// request, "127.0.0.1:49152", in order; empty if there were none.
	Connections []string
}

// Config configures the clients. With the zero value they call real addresses and trust
// the system's certificates.
type Config struct {
	// Run owns the processes of clients; only [NetHTTP] needs none.
	Run *process.Run

	// Routes returns the table of addresses by host:port, in lower case. If nil, or for a
	// host:port that is not in the table, the host:port itself is called. Clients that
	// are separate programs refuse names that are not in the table: the user agents among
	// them would follow redirects to places where no case sends them.
	Routes func() map[string]string

	// Identity is the certificate that the client presents to a TLS server that requires
	// one; nil means none. Only net/http and curl use it.
	Identity *wire.Identity

	// Dial and Wrap let requests leave from somewhere else than this process, for example
	// from another network namespace: net/http opens connections with Dial, and curl is
	// started with the command that Wrap returns. Nil means from this process.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Wrap func(process.Spec) process.Spec

	// CA is the only trusted authority, for Node's clients in addition to Node's own
	// roots; nil means the system's roots.
	CA *wire.CA

	// Programs says where the installed clients are.
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

// Timeouts bound the waits of a client. A zero field means its default.
type Timeouts struct {
	// Call bounds one request, including connecting: 10 s.
	Call time.Duration
	// Start bounds the start of a client that is a separate program, including curl's
	// output of its version: 30 s.
	Start time.Duration
	// Grace is how much longer than Call such a program may take to report a timeout
	// before it is considered broken: 5 s.
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

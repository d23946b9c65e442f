package wire

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Upstream says to which addresses the upstreams of a gateway under test are
// redirected: scripted servers that respond as a case needs.
type Upstream struct {
	// Plain is the address for upstreams that are called without TLS. Required.
	Plain Address
	// TLS is the address for upstreams that are called with TLS. It supports HTTP/1.1 and
	// HTTP/2, with a certificate of the run's CA for the requested name. If it is empty,
	// a gateway that needs it returns an error.
	TLS Address
	// Auth is the address for services that a gateway only asks whether a request may
	// pass. If empty, they are treated like other upstreams.
	Auth Address
	// Named are upstreams with an address of their own, by their name in the gateway's
	// config, so that a recording shows which one was called. The others use Plain or
	// TLS.
	Named map[string]NamedUpstream
}

// A NamedUpstream has the addresses of one upstream of a gateway. An empty address means
// that of the [Upstream].
type NamedUpstream struct{ Plain, TLS Address }

// For returns the addresses for the upstream with that name.
func (u Upstream) For(name string) NamedUpstream {
	own := u.Named[name]
	if own.Plain == (Address{}) {
		own.Plain = u.Plain
	}
	if own.TLS == (Address{}) {
		own.TLS = u.TLS
	}
	return own
}

// An Endpoint is where a target listens.
type Endpoint struct {
	// Listeners are in the order of the target's config.
	Listeners []EndpointListener
	// Roots verifies the certificates of listeners with TLS. Nil means the system's
	// roots.
	Roots *x509.CertPool
}

// An EndpointListener is one address that a target listens on.
type EndpointListener struct {
	// Written is the address as written in the config, "[::]:443 ssl".
	Written string
	// Port is the port that clients of the real target call; 0 if there is none, as for a
	// unix socket.
	Port int
	// TLS says whether the listener uses TLS.
	TLS bool
	// Hosts are the names of its servers, as written in the config.
	Hosts []string
	// Address is where the listener can be reached now.
	Address Address
}

// For returns the listener for an origin, such as "https://api.example.com": the one with
// the origin's port and scheme. If no listener has the port, it returns the only one with
// the scheme, as when a port is published under another number; if none has the scheme,
// the only listener, as behind a load balancer that terminates TLS.
// [EndpointListener].TLS says whether the client's TLS has to be terminated in front of
// it. The error names all listeners.
func (e Endpoint) For(origin string) (EndpointListener, error) {
	o, err := parsePageOrigin(origin)
	if err != nil {
		return EndpointListener{}, fmt.Errorf("find the listener for origin %q: %w", origin, err)
	}
	port, err := strconv.Atoi(o.port)
	if err != nil {
		return EndpointListener{}, fmt.Errorf("find the listener for origin %q: port %q is no number", origin, o.port)
	}
	secure := o.scheme == "https"
	if i := slices.IndexFunc(e.Listeners, func(l EndpointListener) bool { return l.Port == port && l.TLS == secure }); i >= 0 {
		return e.Listeners[i], nil
	}
	for _, ports := range [][]EndpointListener{e.of(secure), e.Listeners} {
		switch distinct := distinctPorts(ports); {
		case len(distinct) == 1 && (ports[0].TLS == secure || secure):
			return ports[0], nil
		case len(distinct) > 1:
			return EndpointListener{}, fmt.Errorf("find the listener for origin %q: none has its port, and there are several: %s; name the port in the target's URL", origin, e.list())
		}
	}
	if len(e.Listeners) == 0 {
		return EndpointListener{}, errors.New("the gateway listens nowhere for HTTP")
	}
	return EndpointListener{}, fmt.Errorf("find the listener for origin %q: there is %s, with TLS; write the target's URL with https", origin, e.list())
}

func (e Endpoint) of(secure bool) []EndpointListener {
	var found []EndpointListener
	for _, l := range e.Listeners {
		if l.TLS == secure {
			found = append(found, l)
		}
	}
	return found
}

// distinctPorts returns the listeners less those of a port that came before:
// IPv4 and IPv6 are one to a client.
func distinctPorts(all []EndpointListener) []EndpointListener {
	var distinct []EndpointListener
	for _, l := range all {
		if !slices.ContainsFunc(distinct, func(d EndpointListener) bool { return d.Port == l.Port && l.Port != 0 }) {
			distinct = append(distinct, l)
		}
	}
	return distinct
}

func (e Endpoint) list() string {
	var all []string
	for _, l := range e.Listeners {
		all = append(all, strconv.Quote(l.Written))
	}
	return strings.Join(all, ", ")
}

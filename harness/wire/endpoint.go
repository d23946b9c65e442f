package wire

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Upstream is where the upstreams of a gateway under test have to lead: to
// servers of ours, which answer as a case needs.
type Upstream struct {
	// Plain is called for upstreams that are called in the clear. Required.
	Plain Address
	// TLS is called for upstreams that are called through TLS, and speaks
	// HTTP/1.1 and HTTP/2 there with a certificate of the run's CA for the name
	// that it is asked for. A gateway that needs it says so if it is empty.
	TLS Address
	// Auth is called for services that a gateway asks whether a request may pass, and
	// that do nothing else. Empty: they are upstreams like the others.
	Auth Address
	// Named are those that have an address of their own, by the name that the
	// gateway's config calls them, so that a recording tells which was asked. One
	// that isn't here has Plain or TLS.
	Named map[string]NamedUpstream
}

// A NamedUpstream is where one upstream of a gateway leads. An empty address
// means that of the [Upstream].
type NamedUpstream struct{ Plain, TLS Address }

// For returns where the upstream of that name leads.
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

// An Endpoint is where a target answers.
type Endpoint struct {
	// Listeners are in the order in which the target's config has them.
	Listeners []EndpointListener
	// Roots verifies the certificates of listeners with TLS. Nil means the
	// system's own.
	Roots *x509.CertPool
}

// An EndpointListener is one address that a target listens on.
type EndpointListener struct {
	// Written is the address as the config has it, "[::]:443 ssl".
	Written string
	// Port is the port that clients of the real target call; 0 if there is none,
	// for a unix socket.
	Port int
	// TLS says whether the listener speaks it.
	TLS bool
	// Hosts are the names that it has servers for, as the config writes them.
	Hosts []string
	// Address is where it is reached now.
	Address Address
}

// For returns the listener that answers for an origin, as in
// "https://api.example.com": it has the origin's port and scheme. If none has
// the port, then the only one of the scheme, as where a port is published under
// another number; if none has the scheme, the only one there is, as behind a
// load balancer that ends TLS. Whether the client's TLS has to be ended in front
// of it is said by [EndpointListener].TLS. The error names all listeners.
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

package envoy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A listener is a listener of the config, without its address yet.
type listener struct {
	wire.EndpointListener
	name       string // as Envoy's admin interface calls it; empty if the config has none
	additional int    // which of its additional addresses; 0 is the first address
	last       bool   // of its addresses
}

// listener leads a listener to a free port, or to a socket in the place's
// folder.
func (r *rewrite) listener(n ast.Node) {
	secure := r.secure(n)
	hosts := r.names(n)
	var own []listener
	add := func(field *ast.MappingValueNode, additional int) {
		if field == nil {
			return
		}
		address := field.Value
		l := listener{name: r.f.text(n, "name"), additional: additional}
		l.TLS, l.Hosts = secure, hosts
		switch {
		case r.f.field(address, "pipe") != nil:
			l.Written = r.f.text(address, "pipe", "path")
			r.address(adapter.WhatListen, field, r.socket())
		case r.f.field(address, "socket_address") != nil:
			socket := r.f.value(address, "socket_address")
			l.Port, _ = strconv.Atoi(r.f.text(socket, "port_value"))
			l.Written = r.f.text(socket, "address") + ":" + r.f.text(socket, "port_value")
			to := wire.Address{Network: "tcp", Address: "127.0.0.1:0"}
			if r.place.Sockets {
				to = r.socket()
			}
			r.address(adapter.WhatListen, field, to)
			if strings.EqualFold(r.f.text(socket, "protocol"), "UDP") {
				return // HTTP/3
			}
		default:
			return // an internal listener
		}
		own = append(own, l)
	}
	add(r.f.field(n, "address"), 0)
	for i, a := range r.f.items(r.f.value(n, "additional_addresses")) {
		add(r.f.field(a, "address"), i+1)
	}
	if len(own) > 0 {
		own[len(own)-1].last = true
	}
	r.listeners = append(r.listeners, own...)
	for _, filter := range r.f.items(r.f.value(n, "listener_filters")) {
		typed := r.f.value(filter, "typed_config")
		if strings.HasSuffix(r.f.text(typed, "@type"), ".ProxyProtocol") && r.f.text(typed, "allow_requests_without_proxy_protocol") != "true" {
			r.problem(r.f.field(filter, "typed_config"), "the check sends no PROXY protocol: set allow_requests_without_proxy_protocol: true")
		}
	}
}

// socket is a new socket in the place's folder.
func (r *rewrite) socket() wire.Address {
	r.sockets++
	return wire.Address{Network: "unix", Address: filepath.Join(r.place.Dir, fmt.Sprintf("s%d", r.sockets))} // short: at most 107 bytes
}

// secure reports whether the listener ends TLS, in its first filter chain.
func (r *rewrite) secure(n ast.Node) bool {
	chains := r.f.items(r.f.value(n, "filter_chains"))
	if d := r.f.value(n, "default_filter_chain"); d != nil {
		chains = append(chains, d)
	}
	return len(chains) > 0 && r.isTLS(r.f.value(chains[0], "transport_socket"))
}

// isTLS reports whether a transport socket speaks TLS, be it within another.
func (r *rewrite) isTLS(socket ast.Node) bool {
	typed := r.f.value(socket, "typed_config")
	if strings.HasSuffix(r.f.text(typed, "@type"), "TlsContext") {
		return true
	}
	inner := r.f.value(typed, "transport_socket")
	return inner != nil && r.isTLS(inner)
}

// names returns the names that a listener has virtual hosts for, and keeps those
// that its certificate has to have.
func (r *rewrite) names(n ast.Node) []string {
	var names []string
	r.each(n, func(e *ast.MappingValueNode) {
		if key := yamlKey(e); key != "domains" && key != "server_names" {
			return
		}
		for _, item := range r.f.items(e.Value) {
			name := r.f.text(item)
			if slices.Contains(names, name) {
				continue
			}
			names = append(names, name)
			if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
				name = name[:i]
			}
			if strings.HasPrefix(name, "*.") || !strings.ContainsAny(name, "* ") && name != "" {
				r.hosts = append(r.hosts, name)
			}
		}
	})
	return names
}

// each visits every field below a node.
func (r *rewrite) each(n ast.Node, visit func(*ast.MappingValueNode)) {
	if _, alias := n.(*ast.AliasNode); alias || n == nil {
		return
	}
	for _, item := range r.f.items(n) {
		r.each(item, visit)
	}
	for _, e := range r.f.fields(n) {
		visit(e)
		r.each(e.Value, visit)
	}
}

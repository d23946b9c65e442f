package nginx

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// server leads where a server listens to sockets in the place's folder: one for
// each address that the config has, as nginx picks a server by it.
func (r *rewrite) server(d *directive) {
	if !d.open || !(d.in("http") || d.in("stream") || d.in("mail")) {
		return // in an upstream it is another directive
	}
	var hosts []string
	listens, streams := 0, 0 // over TCP, or a socket's
	for _, c := range d.block {
		switch c.name.value {
		case "server_name":
			for i := range c.args {
				hosts = append(hosts, c.arg(i))
			}
		case "listen":
			listens++
			if !slices.ContainsFunc(c.args, func(w word) bool { return w.value == "quic" }) {
				streams++
			}
		}
	}
	if d.in("http") {
		for _, h := range hosts {
			r.hosts = append(r.hosts, certificateNames(h)...)
		}
	}
	secure := false
	if c := d.has("ssl"); c != nil && c.arg(0) == "on" {
		secure = true
	}
	if listens == 0 && d.in("http") {
		socket := r.socket("*:80")
		r.edits.Add(adapter.WhatListen, d.source, d.end, d.end, " listen unix:"+socket+";")
		r.listens("80", "*:80", secure, hosts)
		return
	}
	for _, c := range d.block {
		if c.name.value == "listen" && len(c.args) > 0 {
			r.listen(c, d, secure, hosts, streams)
		}
	}
}

// listenFlags are what a listen directive keeps on a unix socket. The
// others are about TCP, about a port, or about PROXY protocol.
var listenFlags = []string{"ssl", "http2", "default_server", "default"}

func (r *rewrite) listen(d, server *directive, secure bool, hosts []string, streams int) {
	key, err := listenKey(d.arg(0))
	if err != nil {
		r.problem(d, "listen %s: %v", d.arg(0), err)
		return
	}
	var kept []string
	for _, a := range d.args[1:] {
		switch {
		case slices.Contains(listenFlags, a.value):
			kept = append(kept, a.value)
			secure = secure || a.value == "ssl"
		case a.value == "quic" && streams == 0:
			r.problem(d, "the server listens with QUIC only, but the check does not support HTTP/3: add a listen directive with ssl")
			return
		case a.value == "quic": // UDP, which no unix socket of nginx's takes
			r.edits.Add(adapter.WhatListen, d.source, d.name.start, d.end+1, "")
			return
		}
	}
	to := strings.Join(append([]string{"unix:" + r.socket(key)}, kept...), " ")
	r.replaceArgs(adapter.WhatListen, d, to)
	if server.in("http") {
		text := d.source.Text[d.args[0].start:d.args[len(d.args)-1].end]
		r.listens(string(text), key, secure, hosts)
	}
}

// socket returns the path of the socket that stands for an address.
func (r *rewrite) socket(key string) string {
	if r.sockets[key] == "" {
		r.sockets[key] = filepath.Join(r.place.Dir, fmt.Sprintf("s%d", len(r.sockets)+1)) // short: at most 107 bytes
	}
	return r.sockets[key]
}

// listens notes a listener of the endpoint, or more names of one.
func (r *rewrite) listens(written, key string, secure bool, hosts []string) {
	address := wire.Address{Network: "unix", Address: r.socket(key)}
	i := slices.IndexFunc(r.listeners, func(l wire.EndpointListener) bool { return l.Address == address })
	if i < 0 {
		i = len(r.listeners)
		r.listeners = append(r.listeners, wire.EndpointListener{Written: written, Port: port(key), Address: address})
	}
	l := &r.listeners[i]
	l.TLS = l.TLS || secure
	for _, h := range hosts {
		if !slices.Contains(l.Hosts, h) {
			l.Hosts = append(l.Hosts, h)
		}
	}
}

// listenKey returns the address that a listen directive means, in one way of
// writing: "*:80", "[::]:443", "10.0.0.1:80" or "unix:/path".
func listenKey(address string) (string, error) {
	if strings.HasPrefix(address, "unix:") {
		return address, nil
	}
	host, port := address, "80"
	if strings.Trim(address, "0123456789-") == "" {
		host, port = "*", address
	} else if i := strings.LastIndexByte(address, ':'); i > strings.LastIndexByte(address, ']') {
		host, port = address[:i], address[i+1:]
	}
	if host == "0.0.0.0" {
		host = "*"
	}
	if n, err := strconv.Atoi(port); err != nil || n > 65535 {
		return "", fmt.Errorf("port %q is not a single port: write one listen directive per port", port)
	}
	return host + ":" + port, nil
}

// port returns the port of a key; 0 for a unix socket.
func port(key string) int {
	if strings.HasPrefix(key, "unix:") {
		return 0
	}
	port, _ := strconv.Atoi(key[strings.LastIndexByte(key, ':')+1:])
	return port
}

// certificateNames returns what a certificate has to have for a server_name.
// A regular expression, a name with a wildcard at its end and a name that is
// none have nothing: clients ask for the host in [Config].Hosts there.
func certificateNames(name string) []string {
	switch {
	case name == "", name == "_", strings.ContainsAny(name, "~$/ "), strings.Contains(strings.TrimPrefix(name, "*."), "*"):
		return nil
	case strings.HasPrefix(name, "."):
		return []string{name[1:], "*" + name}
	}
	return []string{name}
}

package envoy

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// An envoyUse is what a cluster is called for.
type envoyUse int

const (
	unused    envoyUse = iota // for nothing that the config names
	telemetry                 // for traces, statistics and logs alone
	service                   // by a filter
	routed                    // by a route
)

// nowhere is where what nobody looks at goes: the port of a service that no
// machine runs any more, https://www.rfc-editor.org/rfc/rfc863.
var nowhere = wire.Address{Network: "tcp", Address: "127.0.0.1:9"}

// clusterUses finds what each cluster is called for.
func (r *rewrite) clusterUses() map[string]envoyUse {
	uses := map[string]envoyUse{}
	var walk func(n ast.Node, use envoyUse, parent string)
	walk = func(n ast.Node, use envoyUse, parent string) {
		for _, item := range r.f.items(n) {
			walk(item, use, parent)
		}
		for _, e := range r.f.fields(n) {
			key, below := yamlKey(e), use
			switch key {
			case "tracing", "stats_sinks", "access_log", "access_log_options":
				below = telemetry
			case "route":
				below = routed
			case "load_assignment":
				continue // its cluster_name is its own
			}
			named := key == "cluster" || key == "cluster_name" || key == "tcp_cluster_name" || key == "collector_cluster" || key == "name" && parent == "clusters" && use == routed
			if name := r.f.text(e.Value); named && name != "" {
				uses[name] = max(uses[name], below)
			}
			walk(e.Value, below, key)
		}
	}
	walk(r.f.root, service, "")
	return uses
}

// cluster leads the endpoints of a cluster to ours, and takes out what would
// leave one of them out that fails: ours fails when a case asks for it.
func (r *rewrite) cluster(n ast.Node) {
	name, use := r.f.text(n, "name"), r.uses[r.f.text(n, "name")]
	if !r.canRun(n, name, use) {
		return
	}
	up := r.place.Upstream.For(name)
	to := up.Plain
	if socket := r.f.field(n, "transport_socket"); socket != nil && r.isTLS(socket.Value) {
		if to = up.TLS; to == (wire.Address{}) {
			r.problem(socket, "cluster %s calls its upstream with TLS, but wire.Upstream.TLS is not set: set it", name)
			return
		}
	}
	if auth := r.place.Upstream.Auth; auth != (wire.Address{}) && use == service && r.isAuth(name) {
		to = auth
	}
	if use == telemetry {
		to = nowhere
		r.note(r.f.field(n, "name"), "cluster %s receives only traces, statistics or logs: the check drops them", name)
	}
	endpoints := 0
	for _, locality := range r.f.items(r.f.value(n, "load_assignment", "endpoints")) {
		for _, endpoint := range r.f.items(r.f.value(locality, "lb_endpoints")) {
			for _, address := range r.endpointAddresses(endpoint) {
				endpoints++
				r.address(adapter.WhatUpstream, address, to)
			}
		}
	}
	if kind := strings.ToUpper(r.f.text(n, "type")); to.Network == "unix" && (kind == "STRICT_DNS" || kind == "LOGICAL_DNS") {
		r.set(adapter.WhatUpstream, n, "STATIC", "type") // a socket has no name to look up
	}
	if endpoints > 0 && use != telemetry {
		r.upstreams = append(r.upstreams, name)
	}
	if strings.EqualFold(r.f.text(n, "dns_lookup_family"), "V6_ONLY") {
		r.set(adapter.WhatUpstream, n, "V4_ONLY", "dns_lookup_family")
	}
	r.set(adapter.WhatHealth, n, null, "health_checks")
	r.set(adapter.WhatHealth, n, null, "outlier_detection")
}

// isAuth reports whether a cluster is asked over HTTP whether a request may pass:
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/ext_authz_filter.
func (r *rewrite) isAuth(name string) bool {
	found := false
	r.each(r.f.root, func(e *ast.MappingValueNode) {
		if strings.HasSuffix(r.f.text(e.Value, "@type"), ".ExtAuthz") {
			found = found || r.f.text(e.Value, "http_service", "server_uri", "cluster") == name
		}
	})
	return found
}

// endpointAddresses returns the fields that hold an endpoint's addresses.
func (r *rewrite) endpointAddresses(n ast.Node) []*ast.MappingValueNode {
	var all []*ast.MappingValueNode
	if a := r.f.field(n, "endpoint", "address"); a != nil {
		all = append(all, a)
	}
	for _, more := range r.f.items(r.f.value(n, "endpoint", "additional_addresses")) {
		if a := r.f.field(more, "address"); a != nil {
			all = append(all, a)
		}
	}
	return all
}

// canRun notes what can't be run of a cluster.
func (r *rewrite) canRun(n ast.Node, name string, use envoyUse) bool {
	before := len(r.problems)
	switch kind := strings.ToUpper(r.f.text(n, "type")); kind {
	case "EDS":
		r.problem(r.f.field(n, "type"), "cluster %s fetches its endpoints (EDS), which the check does not support: write them in load_assignment, with type STATIC", name)
	case "ORIGINAL_DST":
		r.problem(r.f.field(n, "type"), "cluster %s has type ORIGINAL_DST, which the check does not support: write its endpoints in load_assignment, with type STATIC", name)
	}
	if kind := r.f.text(n, "cluster_type", "name"); slices.Contains([]string{"envoy.clusters.dynamic_forward_proxy", "envoy.clusters.redis", "envoy.cluster.eds"}, kind) {
		r.problem(r.f.field(n, "cluster_type"), "the config lacks the endpoints of cluster %s (%s): write them in load_assignment, with type STATIC", name, kind)
	}
	if matches := r.f.field(n, "transport_socket_matches"); matches != nil {
		r.problem(matches, "which transport socket cluster %s uses depends on its endpoint: write transport_socket", name)
	}
	if socket := r.f.field(n, "transport_socket"); socket != nil && strings.HasSuffix(r.f.text(socket.Value, "typed_config", "@type"), ".ProxyProtocolUpstreamTransport") {
		r.problem(socket, "cluster %s uses the PROXY protocol, which the scripted upstream does not speak: write the inner transport_socket instead", name)
	}
	http2 := r.f.field(n, "http2_protocol_options")
	for _, options := range r.f.fields(r.f.value(n, "typed_extension_protocol_options")) {
		for _, path := range [][]string{{"explicit_http_config", "http2_protocol_options"}, {"use_downstream_protocol_config"}} { // pages speak HTTP/2
			if e := r.f.field(options.Value, path...); e != nil {
				http2 = e
			}
		}
	}
	secure := r.isTLS(r.f.value(n, "transport_socket"))
	if http2 != nil && !secure && use == service {
		r.note(http2, "cluster %s calls its upstream with HTTP/2 without TLS, as for gRPC: the scripted upstream answers HTTP, not gRPC", name)
	}
	return len(r.problems) == before
}

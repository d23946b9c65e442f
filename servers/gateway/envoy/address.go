package envoy

import (
	"net"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// byAddress applies the rules for fields that have an address which no cluster has: one
// that Envoy calls by itself, and those that it compares its own and its clients' with.
func (r *rewrite) byAddress(e *ast.MappingValueNode, parent string) {
	switch key := yamlKey(e); key {
	case "google_grpc":
		r.problem(e, "google_grpc calls %s without a cluster, so it cannot be redirected to the scripted upstream: use envoy_grpc with the cluster_name of a cluster", r.f.text(e.Value, "target_uri"))
	case "daemon_endpoint": // AWS X-Ray's
		host, port, _ := net.SplitHostPort(nowhere.Address)
		r.set(adapter.WhatLog, e.Value, strconv.Quote(host), "address")
		r.set(adapter.WhatLog, e.Value, port, "port_value")
		r.note(e, "the check drops traces")
	case "upstream_bind_config":
		r.replace(adapter.WhatUpstream, e, null) // an address of another machine
	case "destination_port":
		if parent == "filter_chain_match" {
			r.problem(e, "the filter chain matches destination_port %s, but Envoy listens on another port during the check: remove destination_port from the config for the check", r.f.text(e.Value))
		}
	case "direct_remote_ip", "remote_ip", "source_ip", "source_prefix_ranges", "direct_source_prefix_ranges", "prefix_ranges":
		r.note(e, "%s: Envoy and its clients use 127.0.0.1 or a unix socket during the check", key)
	}
}

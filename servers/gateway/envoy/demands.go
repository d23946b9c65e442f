package envoy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// clientCertificates returns the places that require certificates of clients.
func (c *conf) clientCertificates() []string {
	r := &rewrite{conf: c, f: c.file}
	var all []string
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		if yamlKey(e) == "require_client_certificate" && r.f.text(e.Value) == "true" {
			all = append(all, fmt.Sprintf("%s:%d: require_client_certificate: true", c.file.source.Name, e.Key.GetToken().Position.Line))
		}
	})
	return all
}

// limits are the ends of the types of filters that limit requests:
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter
// and those beside it.
var limits = []string{".LocalRateLimit", ".RateLimit", ".RateLimitQuotaFilterConfig", ".AdmissionControl"}

// limits returns the places that limit requests by their number.
func (c *conf) limits() []string {
	r := &rewrite{conf: c, f: c.file}
	var all []string
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		if yamlKey(e) != "@type" {
			return
		}
		of := r.f.text(e.Value)
		if slices.ContainsFunc(limits, func(end string) bool { return strings.HasSuffix(of, end) }) {
			all = append(all, fmt.Sprintf("%s:%d: %s", c.file.source.Name, e.Key.GetToken().Position.Line, of[strings.LastIndexByte(of, '.')+1:]))
		}
	})
	return all
}

// routesBy returns the names of the headers that routes match on.
func (c *conf) routesBy() []string {
	var all []string
	for _, manager := range c.managers() {
		for _, host := range c.file.items(c.file.value(manager, "route_config", "virtual_hosts")) {
			for _, route := range c.file.items(c.file.value(host, "routes")) {
				for _, header := range c.byHeaders(route) {
					if name := strings.ToLower(c.file.text(header, "name")); !slices.Contains(all, name) {
						all = append(all, name)
					}
				}
			}
		}
	}
	return all
}

// byHeaders returns the matchers of a route on headers that a page may send.
func (c *conf) byHeaders(route ast.Node) []ast.Node {
	return slices.DeleteFunc(slices.Clone(c.file.items(c.file.value(route, "match", "headers"))), func(n ast.Node) bool {
		name := strings.ToLower(c.file.text(n, "name"))
		return strings.HasPrefix(name, ":") || name == "origin" || strings.HasPrefix(name, "access-control-")
	})
}

// answers returns the places that answer by themselves, or out of a cache.
func (c *conf) answers() []string {
	r := &rewrite{conf: c, f: c.file}
	var all []string
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		at := fmt.Sprintf("%s:%d: ", c.file.source.Name, e.Key.GetToken().Position.Line)
		switch key := yamlKey(e); {
		case key == "direct_response":
			all = append(all, at+key)
		case key == "@type" && strings.HasSuffix(r.f.text(e.Value), ".CacheConfig"):
			all = append(all, at+"CacheConfig")
		}
	})
	return all
}

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

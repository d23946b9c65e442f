package gateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Limits returns the places where the config limits requests by their number, each with
// its file and line.
func (g *Gateway) Limits() []string { return g.config.limits() }

// ClientCertificates returns the places where the config wants certificates of clients,
// each with its file and line.
func (g *Gateway) ClientCertificates() []string { return g.config.clientCertificates() }

func (c *nginxConf) clientCertificates() []string {
	var all []string
	nginxEach(c.top, func(d *nginxDirective) {
		if !d.data() && d.name.value == "ssl_verify_client" && d.arg(0) == "on" {
			all = append(all, d.at()+": ssl_verify_client on")
		}
	})
	return slices.Compact(all)
}

func (c *envoyConf) clientCertificates() []string {
	r := &envoyRewrite{conf: c, f: c.file}
	var all []string
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		if yamlKey(e) == "require_client_certificate" && r.f.text(e.Value) == "true" {
			all = append(all, fmt.Sprintf("%s:%d: require_client_certificate: true", c.file.source.name, e.Key.GetToken().Position.Line))
		}
	})
	return all
}

// limits: https://nginx.org/en/docs/http/ngx_http_limit_req_module.html and
// https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html.
func (c *nginxConf) limits() []string {
	var all []string
	nginxEach(c.top, func(d *nginxDirective) {
		if d.data() || d.name.value != "limit_req" && d.name.value != "limit_conn" {
			return
		}
		words := []string{d.name.value}
		for i := range d.args {
			words = append(words, d.arg(i))
		}
		all = append(all, d.at()+": "+strings.Join(words, " "))
	})
	return slices.Compact(all)
}

// envoyLimits are the ends of the types of filters that limit requests:
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter
// and those beside it.
var envoyLimits = []string{".LocalRateLimit", ".RateLimit", ".RateLimitQuotaFilterConfig", ".AdmissionControl"}

func (c *envoyConf) limits() []string {
	r := &envoyRewrite{conf: c, f: c.file}
	var all []string
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		if yamlKey(e) != "@type" {
			return
		}
		of := r.f.text(e.Value)
		if slices.ContainsFunc(envoyLimits, func(end string) bool { return strings.HasSuffix(of, end) }) {
			all = append(all, fmt.Sprintf("%s:%d: %s", c.file.source.name, e.Key.GetToken().Position.Line, of[strings.LastIndexByte(of, '.')+1:]))
		}
	})
	return all
}

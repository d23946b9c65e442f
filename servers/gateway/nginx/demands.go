package nginx

import (
	"slices"
	"strings"
)

// clientCertificates returns the places that require certificates of clients.
func (c *conf) clientCertificates() []string {
	var all []string
	each(c.top, func(d *directive) {
		if !d.data() && d.name.value == "ssl_verify_client" && d.arg(0) == "on" {
			all = append(all, d.at()+": ssl_verify_client on")
		}
	})
	return slices.Compact(all)
}

// limits returns the places that limit requests by their number:
// https://nginx.org/en/docs/http/ngx_http_limit_req_module.html and
// https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html.
func (c *conf) limits() []string {
	return c.places(func(d *directive) bool { return d.name.value == "limit_req" || d.name.value == "limit_conn" })
}

// answers returns the places that answer by themselves, or out of a cache.
func (c *conf) answers() []string {
	return c.places(func(d *directive) bool {
		switch d.name.value {
		case "return":
			return strings.HasPrefix(d.arg(0), "2") && d.arg(0) != "204"
		case "proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache":
			return d.arg(0) != "off"
		case "empty_gif", "stub_status", "try_files", "alias", "autoindex":
			return true
		}
		return false
	})
}

// places returns directives with their files and lines.
func (c *conf) places(of func(*directive) bool) []string {
	var all []string
	each(c.top, func(d *directive) {
		if d.data() || !of(d) {
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

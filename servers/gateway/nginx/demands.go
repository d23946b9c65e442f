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
	var all []string
	each(c.top, func(d *directive) {
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

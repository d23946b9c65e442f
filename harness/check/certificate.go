package check

import (
	"fmt"
	"net/http"
	"strings"
)

// A certifying target knows where its config wants certificates of clients, each place
// as "nginx.conf:12: ssl_verify_client on". The gateways of package servers/gateway do.
type certifying interface{ ClientCertificates() []string }

// withoutCertificate is in what nginx answers who presents no certificate and has to.
const withoutCertificate = "No required SSL certificate was sent"

// wantsCertificate says where the target wants clients' certificates; empty if it is
// not known to.
func (c *checking) wantsCertificate() string {
	if t, ok := c.cfg.Target.(certifying); ok {
		return strings.Join(t.ClientCertificates(), "; ")
	}
	return ""
}

// noticeCertificate is an error if the target asks for a certificate that nobody here
// has: neither a direct client, nor a browser for what it sends without credentials,
// such as a preflight, https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (c *checking) noticeCertificate(traces casesWithTraces) error {
	for _, all := range traces {
		for _, t := range all {
			for _, x := range t.Exchanges {
				if x.Response == nil || x.Response.Status != http.StatusBadRequest || !strings.Contains(x.Response.Body.Prefix, withoutCertificate) {
					continue
				}
				where := c.wantsCertificate()
				if where != "" {
					where = " (" + where + ")"
				}
				return fmt.Errorf("the target wants a client's certificate%s, and answered %s without one with status %d: none can be presented here, so that nothing can be judged: "+
					"a preflight never carries one, so where preflights come it has to be optional; or check a config without it", where, x.Request.Method, x.Response.Status)
			}
		}
	}
	return nil
}

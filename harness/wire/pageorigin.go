package wire

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
)

// A pageOrigin is a tuple origin that pages can have.
type pageOrigin struct {
	scheme, host, port string
	real               bool // on its port, not through the Router
}

func parsePageOrigin(s string) (pageOrigin, error) {
	bad := func(problem string) (pageOrigin, error) {
		return pageOrigin{}, fmt.Errorf("%s: write it as https://app.example.com or http://127.0.0.1:5173", problem)
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("not a URL")
	}
	o := pageOrigin{scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port()}
	switch {
	case o.scheme != "http" && o.scheme != "https":
		return bad("its scheme is neither http nor https")
	case o.host == "":
		return bad("it has no host")
	case strings.ContainsFunc(o.host, func(r rune) bool { return r > unicode.MaxASCII }):
		return bad("its host is not ASCII, as a browser sends it (xn--…)")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.ForceQuery:
		return bad("it has more than scheme, host and port")
	}
	if o.port == "" {
		o.port = defaultPorts[o.scheme]
	}
	ip, err := netip.ParseAddr(o.host)
	o.real = err == nil && ip.IsLoopback() || o.host == "localhost"
	return o, nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// listenHost is the loopback address of a real origin.
func (o pageOrigin) listenHost() string {
	if o.host == "localhost" {
		return "127.0.0.1"
	}
	return o.host
}

// hostport is what a browser asks to be connected to.
func (o pageOrigin) hostport() string { return net.JoinHostPort(o.host, o.port) }

// String returns the origin as a browser serializes it.
func (o pageOrigin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port == defaultPorts[o.scheme] {
		return o.scheme + "://" + host
	}
	return o.scheme + "://" + host + ":" + o.port
}

// requestOrigin returns the origin that a request names: its scheme and the
// value of its Host header, or :authority, without the scheme's default port.
func requestOrigin(scheme, authority string) string {
	authority = strings.ToLower(authority)
	return scheme + "://" + strings.TrimSuffix(authority, ":"+defaultPorts[scheme])
}

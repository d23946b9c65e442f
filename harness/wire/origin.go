package wire

import (
	"fmt"
	"net/url"
	"strings"
)

// SplitOrigin returns the host, in lower case, and the port of an origin; without a port
// it returns the default port of the scheme. The error says how to write an origin.
func SplitOrigin(origin string) (host, port string, err error) {
	u, err := url.Parse(origin)
	if err != nil {
		return "", "", err
	}
	if port = u.Port(); port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if u.Hostname() == "" || port == "" || origin != u.Scheme+"://"+u.Host {
		return "", "", fmt.Errorf("%q is no origin: write it as https://api.example.com, without a path", origin)
	}
	return strings.ToLower(u.Hostname()), port, nil
}

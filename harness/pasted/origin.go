package pasted

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// pageOrigin returns the origin of the page that sent the headers: the Origin
// header's, else that of Referer, else nothing. An Origin header that no browser
// would send is an error, for its value is what servers compare.
func pageOrigin(sent fetch.HeaderList) (string, error) {
	lines := sent.Lines("Origin")
	switch {
	case len(lines) > 1:
		return lines[0], errors.New("the Origin header is written twice")
	case len(lines) == 1 && lines[0] != "":
		return lines[0], checkOrigin(lines[0])
	}
	referer, _ := sent.Get("Referer")
	return originOf(referer), nil
}

// checkOrigin is an error if s is the URL of an HTTP(S) page and not its origin.
// What the URL parser doesn't know, such as an extension's origin, passes.
func checkOrigin(s string) error {
	if _, err := fetch.ParseOrigin(s); err == nil {
		return nil
	}
	u, err := fetch.ParseURL(s, nil)
	if err != nil && !strings.Contains(s, "://") {
		return errors.New(`the Origin header is not an origin; write scheme, host and port, as in "https://app.test:8443"`)
	}
	if err != nil || !u.IsHTTP() {
		return nil
	}
	return fmt.Errorf("the Origin header is not written as a browser sends it, which is %q: lower case, without a path, a final slash or a default port", u.Origin())
}

// originOf returns the origin of an HTTP(S) URL, empty for anything else.
func originOf(url string) string {
	u, err := fetch.ParseURL(url, nil)
	if err != nil || !u.IsHTTP() {
		return ""
	}
	return string(u.Origin())
}

package servers

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/corsproof/corsproof/fixtures"
)

// A NginxConfig configures nginx in front of FastAPI and Node: FastAPI under /api/, Node
// under /node/.
type NginxConfig struct {
	// Dir is the folder for nginx's pid file and temporary files. It has to exist and to
	// belong to the user that starts nginx. That user must not be root, or the worker
	// would run as another user who cannot access the files.
	Dir string

	// Listen is the path of the unix socket. nginx removes it on exit, but not when it is
	// killed, and does not start if the path exists.
	Listen string

	// FastAPI and Node are base URLs without a path, http://127.0.0.1:8000.
	FastAPI, Node string

	// Origins are the page origins that may read, or only "*". Empty means that nginx
	// sends no CORS headers. In either case nginx passes on the services' own CORS
	// headers.
	Origins []string

	// Certificate and Key are PEM files. Empty means plaintext; otherwise nginx
	// speaks TLS with HTTP/2 and HTTP/1.1.
	Certificate, Key string

	// ClientCA is a PEM file with the authority that has to sign clients' certificates.
	// Empty means that nginx requires none. It needs TLS.
	ClientCA string

	// DoubleHeader is a sabotage: nginx sends Access-Control-Allow-Origin twice.
	DoubleHeader bool
}

// Render returns the configuration file. It returns an error for a value that nginx would
// reject or misinterpret.
//
// Start nginx with "-p Dir -e stderr -c FILE"; it stays in the foreground.
func (c NginxConfig) Render() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("render nginx config: %w", err)
	}
	text, err := fixtures.Files.ReadFile("nginx/gateway.conf")
	if err != nil {
		return nil, err
	}
	tmpl, err := template.New("gateway.conf").Funcs(template.FuncMap{
		"quote": func(s string) string { return `"` + s + `"` },
		"path":  func(name string) string { return filepath.Join(c.Dir, name) },
	}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, c); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (c NginxConfig) check() error {
	for _, f := range []struct{ name, value string }{{"dir", c.Dir}, {"listen", c.Listen}, {"fastapi", c.FastAPI}, {"node", c.Node}} {
		if f.value == "" {
			return fmt.Errorf("%s is empty", f.name)
		}
	}
	if (c.Certificate == "") != (c.Key == "") {
		return fmt.Errorf("certificate and key require each other: %q, %q", c.Certificate, c.Key)
	}
	if c.ClientCA != "" && c.Certificate == "" {
		return fmt.Errorf("client CA %q without a certificate: client certificates require TLS; set a certificate", c.ClientCA)
	}
	values := append([]string{c.Dir, c.Listen, c.FastAPI, c.Node, c.Certificate, c.Key, c.ClientCA}, c.Origins...)
	for _, v := range values {
		if strings.ContainsAny(v, "\"\\$;{}\r\n\t") {
			return fmt.Errorf("%q has a character with a meaning in nginx configs", v)
		}
	}
	for _, o := range c.Origins {
		if o == "*" && len(c.Origins) > 1 {
			return fmt.Errorf(`origin "*" is one of %d: it must be the only one`, len(c.Origins))
		}
		if o == "" || o[0] == '~' || (o != "*" && o != "null" && !strings.Contains(o, "://")) {
			return fmt.Errorf("%q is not an origin", o)
		}
	}
	return nil
}

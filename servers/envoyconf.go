package servers

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"text/template"

	"github.com/corsproof/corsproof/fixtures"
)

// A Sidecar is the side of a call on which an Envoy runs.
type Sidecar string

const (
	// SidecarService runs in front of a service and decides who may call it.
	SidecarService Sidecar = "service"
	// SidecarCaller runs in front of a caller and presents its identity.
	SidecarCaller Sidecar = "caller"
)

// An EnvoyConfig configures an Envoy beside a service or a caller.
type EnvoyConfig struct {
	Sidecar Sidecar

	// Listen is the path of the unix socket.
	Listen string

	// To is the address of the service, or of the sidecar in front of it: an IP address
	// and a port.
	To netip.AddrPort

	// Certificate and Key are PEM files with the sidecar's identity; CA is a PEM file
	// with the mesh's authority.
	Certificate, Key, CA string

	// Strict makes a service's sidecar require a certificate of the mesh, and allow only
	// those that name one of Callers.
	Strict  bool
	Callers []string

	// Service is the identity that a caller's sidecar requires of the other side.
	Service string
}

// ToHost returns the address part of To, ToPort its port; for the template.
func (c EnvoyConfig) ToHost() string { return c.To.Addr().String() }
func (c EnvoyConfig) ToPort() uint16 { return c.To.Port() }

// Render returns the configuration file. It returns an error for a value that Envoy would
// reject or misinterpret.
func (c EnvoyConfig) Render() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("render envoy config: %w", err)
	}
	name := string(c.Sidecar) + ".yaml"
	text, err := fixtures.Files.ReadFile("envoy/" + name)
	if err != nil {
		return nil, err
	}
	tmpl, err := template.New(name).Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, c); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (c EnvoyConfig) check() error {
	values := []struct{ name, value string }{
		{"listen", c.Listen}, {"certificate", c.Certificate}, {"key", c.Key}, {"CA", c.CA},
	}
	switch c.Sidecar {
	case SidecarService:
		if c.Strict != (len(c.Callers) > 0) {
			return fmt.Errorf("strict is %t with %d callers: strict needs at least one caller, and without strict there must be none", c.Strict, len(c.Callers))
		}
	case SidecarCaller:
		values = append(values, struct{ name, value string }{"service", c.Service})
	default:
		return fmt.Errorf("unknown sidecar %q: must be %s or %s", c.Sidecar, SidecarService, SidecarCaller)
	}
	for _, v := range values {
		if v.value == "" {
			return fmt.Errorf("%s is empty", v.name)
		}
	}
	if !c.To.IsValid() || c.To.Port() == 0 {
		return fmt.Errorf("to is not an address with a port: %v", c.To)
	}
	for _, caller := range c.Callers {
		if !strings.Contains(caller, "://") {
			return fmt.Errorf("caller %q is not an identity: write it as spiffe://orders.example/name", caller)
		}
	}
	return nil
}

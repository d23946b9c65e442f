package gateway

import "github.com/corsproof/corsproof/harness/policy"

// What follows is [Gateway.Facts], fact by fact, as a check asks for them that doesn't
// know [target.Facts] yet.

// NamedOrigins returns those of the facts.
func (g *Gateway) NamedOrigins() []policy.NamedOrigin { return g.said().Named.All }

// Limits returns those of the facts.
func (g *Gateway) Limits() []string { return g.said().Limits }

// ClientCertificates returns those of the facts.
func (g *Gateway) ClientCertificates() []string { return g.said().ClientCertificates }

// Err returns that of the facts' Life.
func (g *Gateway) Err() error { return g.life.Err() }

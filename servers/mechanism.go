package servers

// A Mechanism keeps unauthorized callers from the orders, whatever their Origin header
// is. CORS is not one.
type Mechanism string

const (
	// MechanismNone means that a server answers everybody who reaches it.
	MechanismNone Mechanism = ""
	// MechanismAPIKey means that Node requires a key in X-API-Key. FastAPI has the key.
	MechanismAPIKey Mechanism = "API key"
	// MechanismJWT means that FastAPI and Node each require a signed token. FastAPI
	// passes on its caller's token.
	MechanismJWT Mechanism = "JWT"
	// MechanismMTLS means that nginx, at [System.Front], requires a certificate of the
	// run's CA before it forwards to the services. If absent, nginx uses TLS without
	// client certificates.
	MechanismMTLS Mechanism = "mTLS"
	// MechanismInternalNetwork means that Node is on a network to which only FastAPI has
	// a link, and that FastAPI's machine does not forward packets. If absent, it forwards
	// them. See [Network].
	MechanismInternalNetwork Mechanism = "internal network"
	// MechanismSecurityGroup means that everybody has a route to Node's network, and that
	// a rule in front of Node accepts only FastAPI's address.
	MechanismSecurityGroup Mechanism = "security group"
	// MechanismMesh means that Node and FastAPI each have an Envoy beside them. The two
	// use mutual TLS, and the one in front of Node, at [System.Mesh], accepts only
	// FastAPI's identity. If absent, that one uses TLS without client certificates.
	MechanismMesh Mechanism = "service mesh"
)

// networked says whether the mechanism is one of a [Network].
func (m Mechanism) networked() bool {
	return m == MechanismInternalNetwork || m == MechanismSecurityGroup
}

// of returns the part of the mechanism that a process of the server is told of.
func (m Mechanism) of(s server) Mechanism {
	switch {
	case (m == MechanismAPIKey || m == MechanismJWT) && (s == fastapiServer || s == nodeServer):
		return m
	case m == MechanismMTLS && s == frontServer, m == MechanismMesh && s == serviceSidecar:
		return m
	}
	return MechanismNone
}

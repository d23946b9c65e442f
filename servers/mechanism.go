package servers

// A Mechanism keeps wrong callers from the orders, whatever their Origin header
// says. CORS is none.
type Mechanism string

const (
	// MechanismNone: everybody who reaches a server is answered.
	MechanismNone Mechanism = ""
	// MechanismAPIKey: Node asks for a key in X-API-Key. FastAPI has it.
	MechanismAPIKey Mechanism = "API key"
	// MechanismJWT: FastAPI and Node ask for a signed token each. FastAPI hands
	// its caller's on.
	MechanismJWT Mechanism = "JWT"
	// MechanismMTLS: nginx, at [System.Front], asks for a certificate of the run's
	// CA before it leads to the services. Without it nginx speaks TLS alone.
	MechanismMTLS Mechanism = "mTLS"
	// MechanismInternalNetwork: Node is on a network that only FastAPI has a link
	// to, and FastAPI's machine passes nothing on. Without it, it does. See
	// [Network].
	MechanismInternalNetwork Mechanism = "internal network"
	// MechanismSecurityGroup: everybody has a way to Node's network, and a rule
	// before Node lets FastAPI's address in and nobody else.
	MechanismSecurityGroup Mechanism = "security group"
	// MechanismMesh: Node and FastAPI have an Envoy beside them each, which speak
	// mutual TLS, and the one before Node, at [System.Mesh], lets FastAPI's
	// identity pass and nobody else's. Without it that one speaks TLS alone.
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

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
)

// of returns the part of the mechanism that a process of the server has to be
// told of; one that is told nothing serves without it as well.
func (m Mechanism) of(server) Mechanism {
	switch m {
	case MechanismAPIKey, MechanismJWT:
		return m
	}
	return MechanismNone
}

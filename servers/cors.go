package servers

import "strings"

// CORS is what one server of the system says of the CORS protocol: nothing, if
// it is empty, or a comma-separated list of the origins that it allows. Each
// server does it in its own usual way: FastAPI with CORSMiddleware, Node with
// the package cors, nginx with add_header.
type CORS string

// CORSOff is a server that knows nothing of the CORS protocol.
const CORSOff CORS = ""

// A Setup is how the servers of a [System] are configured with regard to CORS,
// and what else they ask of their callers. The zero Setup has CORS nowhere, and
// everybody passes. Setups compare with ==.
type Setup struct {
	FastAPI CORS
	Node    CORS
	Gateway CORS

	// Place is where FastAPI and Node run. [System.Set] knows of [PlaceProcesses]
	// alone.
	Place Place

	// Mechanism is what else keeps a caller from the orders. It stands as long
	// as Absent is false: with Absent everything that it takes is there but the
	// mechanism itself.
	Mechanism Mechanism
	Absent    bool

	// GatewayTwice is a sabotage for tests: nginx says
	// Access-Control-Allow-Origin twice where it says it at all.
	GatewayTwice bool
}

// A Place is where a service runs.
type Place string

const (
	PlaceProcesses  Place = ""
	PlaceContainers Place = "containers" // see package servers/container
	PlaceKubernetes Place = "kubernetes" // see package servers/kubernetes
)

// String says who speaks CORS and for whom, for a report.
func (s Setup) String() string {
	say := func(c CORS) string {
		if c == CORSOff {
			return "CORS off"
		}
		return "CORS for " + string(c)
	}
	text := "FastAPI: " + say(s.FastAPI) + "; Node: " + say(s.Node) + "; nginx: " + say(s.Gateway)
	if s.Place != PlaceProcesses {
		text = "in " + string(s.Place) + ", FastAPI: " + say(s.FastAPI) + "; Node: " + say(s.Node)
	}
	switch {
	case s.Mechanism == MechanismNone:
		return text
	case s.Absent:
		return text + "; without " + string(s.Mechanism)
	}
	return text + "; with " + string(s.Mechanism)
}

// credentials says whether the services' CORS allows credentials: where the
// mechanism is one, as the Fetch Standard has it of a client certificate
// (https://fetch.spec.whatwg.org/#credentials).
func (s Setup) credentials() bool { return s.Mechanism == MechanismMTLS }

// enforced returns the mechanism that stands.
func (s Setup) enforced() Mechanism {
	if s.Absent {
		return MechanismNone
	}
	return s.Mechanism
}

// origins returns the list; nil if CORS is off.
func (c CORS) origins() []string {
	if c == CORSOff {
		return nil
	}
	return strings.Split(string(c), ",")
}

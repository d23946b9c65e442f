package servers

import "strings"

// CORS says which origins one server of the system allows: a comma-separated list, or
// none if empty. Each server implements it in its usual way: FastAPI with CORSMiddleware,
// Node with the package cors, nginx with add_header.
type CORS string

// CORSOff means a server without CORS.
const CORSOff CORS = ""

// A Setup says how CORS is configured on the servers of a [System], and what else they
// require from their callers. The zero Setup has CORS nowhere, and no further
// requirement. Setups are comparable with ==.
type Setup struct {
	FastAPI CORS
	Node    CORS
	Gateway CORS

	// Place is where FastAPI and Node run. [System.Set] supports only [PlaceProcesses].
	Place Place

	// Mechanism is what else keeps a caller from the orders. It is active while Absent is
	// false; with Absent everything that it needs exists, except for the mechanism
	// itself.
	Mechanism Mechanism
	Absent    bool

	// GatewayTwice is a sabotage for tests: nginx sends Access-Control-Allow-Origin twice
	// wherever it sends it at all.
	GatewayTwice bool
}

// A Place is where a service runs.
type Place string

const (
	PlaceProcesses  Place = ""
	PlaceContainers Place = "containers" // see package servers/container
	PlaceKubernetes Place = "kubernetes" // see package servers/kubernetes
)

// String says which server sends CORS headers and for which origins, for a report.
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

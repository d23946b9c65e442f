package servers

import "strings"

// CORS is what one server of the system says of the CORS protocol: nothing, if
// it is empty, or a comma-separated list of the origins that it allows. Each
// server does it in its own usual way: FastAPI with CORSMiddleware, Node with
// the package cors, nginx with add_header.
type CORS string

// CORSOff is a server that knows nothing of the CORS protocol.
const CORSOff CORS = ""

// A Setup is how the servers of a [System] are configured with regard to CORS.
// The zero Setup has it nowhere. Setups compare with ==.
type Setup struct {
	FastAPI CORS
	Node    CORS
	Gateway CORS

	// GatewayTwice is a sabotage for tests: nginx says
	// Access-Control-Allow-Origin twice where it says it at all.
	GatewayTwice bool
}

// String says who speaks CORS and for whom, for a report.
func (s Setup) String() string {
	say := func(c CORS) string {
		if c == CORSOff {
			return "CORS off"
		}
		return "CORS for " + string(c)
	}
	return "FastAPI: " + say(s.FastAPI) + "; Node: " + say(s.Node) + "; nginx: " + say(s.Gateway)
}

// origins returns the list; nil if CORS is off.
func (c CORS) origins() []string {
	if c == CORSOff {
		return nil
	}
	return strings.Split(string(c), ",")
}

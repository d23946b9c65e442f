package scenarios

import (
	"github.com/corsproof/corsproof/servers"
)

// Mechanisms returns the rows that compare CORS with mechanisms that do protect a
// service, in order. Each has three parts: with the mechanism, whatever Origin says;
// without it, though CORS is configured as well as possible; and in a browser, which
// needs both. The values are fresh; you may change them.
func Mechanisms() []Row {
	rows := []Row{
		apiKey(),
		jsonWebToken(),
		mutualTLS(),
		internalNetwork(),
		securityGroup(),
		serviceMesh(),
	}
	for i := range rows {
		rows[i].Number, rows[i].Test = i+1, "TestMechanisms"
	}
	return rows
}

// wrongOrigin is an origin that no server allows.
const wrongOrigin = "https://evil.example"

// perfectCORS is a setup in which Node and FastAPI allow the page and nobody
// else, with the mechanism.
func perfectCORS(m servers.Mechanism) func(page string) servers.Setup {
	return func(page string) servers.Setup {
		return servers.Setup{FastAPI: servers.CORS(page), Node: servers.CORS(page), Mechanism: m}
	}
}

// withoutMechanism is perfectCORS with all but the mechanism itself.
func withoutMechanism(m servers.Mechanism) func(page string) servers.Setup {
	return func(page string) servers.Setup {
		setup := perfectCORS(m)(page)
		setup.Absent = true
		return setup
	}
}

// withoutNodeCORS and withoutFastAPICORS are perfectCORS, but for the one.
func withoutNodeCORS(m servers.Mechanism) func(page string) servers.Setup {
	return func(page string) servers.Setup {
		setup := perfectCORS(m)(page)
		setup.Node = servers.CORSOff
		return setup
	}
}

func withoutFastAPICORS(m servers.Mechanism) func(page string) servers.Setup {
	return func(page string) servers.Setup {
		setup := perfectCORS(m)(page)
		setup.FastAPI = servers.CORSOff
		return setup
	}
}

package scenarios

import (
	"github.com/corsproof/corsproof/servers"
)

// Proof returns the rows of the proof, in order. The values are fresh; you may change
// them.
func Proof() []Row {
	rows := []Row{
		reactToFastAPI(),
		browserEnforces(),
		preflightProtects(),
		fastAPIToNode(),
		nodeToDatabase(),
		reactToNode(),
		curlToFastAPI(),
		gatewayOnce(),
		everyCaller(),
	}
	for i := range rows {
		rows[i].Number, rows[i].Test = i+1, "TestProof"
	}
	return rows
}

// The setups that several rows use.
func corsNowhere(string) servers.Setup { return servers.Setup{} }
func corsInFastAPI(page string) servers.Setup {
	return servers.Setup{FastAPI: servers.CORS(page)}
}

package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// Browser and network.
const (
	RedirectOriginNull    FindingID = "redirect-origin-null"
	RedirectAuthorization FindingID = "redirect-preflighted-request-authorization-dropped"
	LocalNetworkAccess    FindingID = "local-network-access-blocked"
	PrivateNetwork        FindingID = "private-network-legacy"
	LooksLikeCORS         FindingID = "looks-like-cors-but-is-not"
	OpaqueSuccess         FindingID = "opaque-no-cors-success"
	CORSDoS               FindingID = "cors-dos"
	VaryInjection         FindingID = "vary-header-injection"
	NotAccessControl      FindingID = "cors-mistaken-for-access-control"
)

var findingsOfNetworks = []row{
	{
		Kind: Kind{RedirectOriginNull, "a redirect to another origin makes the Origin null", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeNoAnswer + 40, func(d *diagnosis, s *symptom) bool { return s.effect == effectRefused && s.ledElsewhere() }},
		},
		remedy: fixedBy(policy.FixOnHops, nothing),
	},
	{
		Kind: Kind{RedirectAuthorization, "a redirect to another origin drops Authorization", SeverityOutage, LayerEngine},
	},
	{
		Kind: Kind{LocalNetworkAccess, "the browser blocks requests to the local network", SeverityOutage, LayerEnvironment},
	},
	{
		Kind: Kind{PrivateNetwork, "Access-Control-Allow-Private-Network opens the local network to pages", SeverityHole, LayerGateway},
		note: &note{40, func(f *fact) bool { return f.answer.Contains("access-control-allow-private-network") },
			"Access-Control-Allow-Private-Network is sent though nobody asked for it", nil, nil},
	},
	{
		Kind: Kind{LooksLikeCORS, "no response arrived", SeverityOutage, LayerEnvironment},
		explains: []explanation{
			{placeNoAnswer + 60, func(d *diagnosis, s *symptom) bool { return s.silent() }},
		},
	},
	{
		Kind: Kind{OpaqueSuccess, "a successful response is opaque: no page can read it", SeverityAnnoyance, LayerClient},
	},
	{
		Kind: Kind{CORSDoS, "an unusual request header ends the connection", SeverityOutage, LayerGateway},
		note: &note{50, func(f *fact) bool { return f.wire && f.status == 0 },
			"a request that is only odd got no answer at all", []FindingID{Preflight5xx, PreflightMTLS, LooksLikeCORS}, nil},
	},
	{
		Kind: Kind{VaryInjection, "Vary reflects what the request asks for", SeverityHole, LayerGateway},
		note: &note{60, func(f *fact) bool {
			return f.preflight && len(f.names) > 0 && slices.ContainsFunc(f.answer.Items("vary"), func(name string) bool {
				return slices.ContainsFunc(f.names, func(asked string) bool { return strings.EqualFold(asked, name) })
			})
		}, "the names that a preflight asks for come back in Vary, as whoever asks has written them", nil, nil},
	},
	{
		Kind: Kind{NotAccessControl, "CORS does not protect the service", SeverityAnnoyance, LayerPolicy},
	},
}

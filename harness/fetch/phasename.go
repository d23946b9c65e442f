package fetch

// phaseNames are the algorithms of the standards, by their anchors.
var phaseNames = map[string]string{
	"block-bad-port":                              "block bad port",
	"concept-bodyinit-extract":                    "extract a body",
	"concept-cors-check":                          "CORS check",
	"concept-http-fetch":                          "HTTP fetch",
	"concept-http-network-fetch":                  "HTTP-network fetch",
	"concept-http-network-or-cache-fetch":         "HTTP-network-or-cache fetch",
	"concept-http-redirect-fetch":                 "HTTP-redirect fetch",
	"concept-main-fetch":                          "main fetch",
	"concept-scheme-fetch":                        "scheme fetch",
	"cors-preflight-fetch-0":                      "CORS-preflight fetch",
	"dom-request":                                 "new Request()",
	"headers-validate":                            "validate a header",
	"cross-origin-resource-policy-internal-check": "Cross-Origin-Resource-Policy check",
	"dom-xmlhttprequest-open":                     "XMLHttpRequest's open()",
	"dom-xmlhttprequest-setrequestheader":         "XMLHttpRequest's setRequestHeader()",
}

// PhaseName returns the name that the standard has for the algorithm with an anchor, as in
// "CORS check" for "concept-cors-check"; the anchor itself if it isn't known.
func PhaseName(phase string) string {
	if name := phaseNames[phase]; name != "" {
		return name
	}
	return phase
}

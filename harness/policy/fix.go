package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A FixKind says what has to be done to a gateway.
type FixKind string

// The kinds of fix. Values in a Fix are what the kind's comment names.
const (
	// On the answer to a preflight.
	FixAnswerPreflight FixKind = "answer-preflight" // answer preflights at the gateway, ahead of routing, redirects, authentication and limits
	FixAllowMethod     FixKind = "allow-method"     // add Values to Access-Control-Allow-Methods
	FixDenyMethod      FixKind = "deny-method"      // take Values out of it
	FixAllowHeader     FixKind = "allow-header"     // add Values to Access-Control-Allow-Headers
	FixDenyHeader      FixKind = "deny-header"      // take Values out of it
	FixMaxAge          FixKind = "max-age"          // set Access-Control-Max-Age to Values

	// On both answers.
	FixAllowOrigin       FixKind = "allow-origin"       // answer Values, origins, with themselves
	FixDenyOrigin        FixKind = "deny-origin"        // compare whole origins, so that Values don't match
	FixUnlistOrigin      FixKind = "unlist-origin"      // take the entries out that are there for Values
	FixAllowCredentials  FixKind = "allow-credentials"  // send Access-Control-Allow-Credentials: true
	FixForbidCredentials FixKind = "forbid-credentials" // leave it out
	FixVary              FixKind = "vary"               // add Values to Vary, on every answer
	FixOneOwner          FixKind = "one-owner"          // take out what the upstream sends: Values, header names
	FixScope             FixKind = "scope"              // let the policy hold at Route, and only there

	// On the response.
	FixExpose   FixKind = "expose"    // add Values to Access-Control-Expose-Headers
	FixHide     FixKind = "hide"      // take Values out of it
	FixOnErrors FixKind = "on-errors" // send the headers on the statuses in Values too
	FixOnHops   FixKind = "on-hops"   // send them on redirects too
)

// A Fix is what would make a gateway follow the policy, in no gateway's words: an
// adapter words it in its own syntax, and String is what is left if it can't.
type Fix struct {
	Kind FixKind `json:"kind"`
	// Values are what the kind says.
	Values []string `json:"values,omitempty"`
	// Route is the path as the policy writes it; empty for the whole gateway.
	Route string `json:"route,omitempty"`
	// Because is the rule that calls for it.
	Because Rule `json:"because"`
	// Also are what else has to be done about the same, in other headers.
	Also []Fix `json:"also,omitempty"`

	// Shown are answers that aren't what the policy calls for, for an adapter that
	// looks where they come from; View is the policy, nil if there are none.
	Shown []Shown `json:"-"`
	View  *View   `json:"-"`
}

var fixTexts = map[FixKind]string{
	FixAnswerPreflight:   "answer OPTIONS with Access-Control-Request-Method at the gateway itself, with status 204, before routing, redirects, authentication and limits",
	FixAllowMethod:       "add %s to Access-Control-Allow-Methods",
	FixDenyMethod:        "remove %s from Access-Control-Allow-Methods",
	FixAllowHeader:       "add %s to Access-Control-Allow-Headers",
	FixDenyHeader:        "remove %s from Access-Control-Allow-Headers",
	FixMaxAge:            "set Access-Control-Max-Age to %s",
	FixAllowOrigin:       "send Access-Control-Allow-Origin: %s if the request has this Origin",
	FixDenyOrigin:        "match the whole Origin, so that %s gets no Access-Control-Allow-Origin",
	FixUnlistOrigin:      "remove %s from the allowed origins",
	FixAllowCredentials:  "send Access-Control-Allow-Credentials: true",
	FixForbidCredentials: "remove Access-Control-Allow-Credentials",
	FixVary:              "add %s to Vary in every response, with any status, also if the request has no Origin",
	FixOneOwner:          "remove %s from the upstream's responses, so that only the gateway sets it",
	FixScope:             "send the Access-Control headers for this path only, in all its spellings",
	FixExpose:            "add %s to Access-Control-Expose-Headers",
	FixHide:              "remove %s from Access-Control-Expose-Headers",
	FixOnErrors:          "send the Access-Control headers with status %s too, also in responses that the gateway generates",
	FixOnHops:            "send the Access-Control headers with redirects too",
}

// FixKinds returns every kind, sorted. The slice is the caller's.
func FixKinds() []FixKind { return slices.Sorted(maps.Keys(fixTexts)) }

// String words the fix for people.
func (f Fix) String() string {
	text := fixTexts[f.Kind]
	if f.Kind == FixAllowOrigin && len(f.Values) == 0 {
		text = "echo the Origin in Access-Control-Allow-Origin if the policy allows it, and only then"
	}
	if strings.Contains(text, "%s") {
		text = fmt.Sprintf(text, strings.Join(f.Values, ", "))
	}
	if f.Route != "" {
		text += " on " + f.Route
	}
	return text
}

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A FixKind says what to change in a gateway.
type FixKind string

// The kinds of fix. The comment of each kind says what Values are.
const (
	// Fixes of the response to a preflight.
	FixAnswerPreflight FixKind = "answer-preflight" // answer preflights at the gateway, ahead of routing, redirects, authentication and limits
	FixAllowMethod     FixKind = "allow-method"     // add Values to Access-Control-Allow-Methods
	FixDenyMethod      FixKind = "deny-method"      // remove Values from it
	FixAllowHeader     FixKind = "allow-header"     // add Values to Access-Control-Allow-Headers
	FixDenyHeader      FixKind = "deny-header"      // remove Values from it
	FixMaxAge          FixKind = "max-age"          // set Access-Control-Max-Age to Values

	// Fixes of both responses.
	FixAllowOrigin       FixKind = "allow-origin"       // answer Values, origins, with themselves
	FixDenyOrigin        FixKind = "deny-origin"        // compare whole origins, so that Values don't match
	FixUnlistOrigin      FixKind = "unlist-origin"      // remove the entries that allow Values
	FixAllowCredentials  FixKind = "allow-credentials"  // send Access-Control-Allow-Credentials: true
	FixForbidCredentials FixKind = "forbid-credentials" // remove it
	FixVary              FixKind = "vary"               // add Values to Vary, on every response
	FixOneOwner          FixKind = "one-owner"          // remove Values, header names, from the upstream's responses
	FixScope             FixKind = "scope"              // apply the policy to Route, and only there

	// Fixes of the response to the request itself.
	FixExpose   FixKind = "expose"    // add Values to Access-Control-Expose-Headers
	FixHide     FixKind = "hide"      // remove Values from it
	FixOnErrors FixKind = "on-errors" // also send the headers with the statuses in Values
	FixOnHops   FixKind = "on-hops"   // also send them on redirects
)

// A Fix is a change that makes a gateway follow the policy, independent of the kind of
// gateway. An adapter words it in the gateway's syntax; String is for fixes that it
// cannot word.
type Fix struct {
	Kind FixKind `json:"kind"`
	// Values depend on the kind; see its comment.
	Values []string `json:"values,omitempty"`
	// Route is the path as the policy writes it; empty for the whole gateway.
	Route string `json:"route,omitempty"`
	// Because is the rule that requires it.
	Because Rule `json:"because"`
	// Also are changes of other headers that belong to the same fix.
	Also []Fix `json:"also,omitempty"`

	// Shown are responses that violate the policy, for an adapter that finds out where
	// they come from. View is the policy; nil if Shown is empty.
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

// String returns the fix as an order for people.
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

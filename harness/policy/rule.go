package policy

import "fmt"

// A RuleKind says what a rule is about.
type RuleKind string

const (
	RuleOrigin        RuleKind = "origin"         // an origin, or a pattern, that may read
	RuleDeniedOrigin  RuleKind = "denied-origin"  // an origin that may not read, though a pattern allows it
	RuleOrigins       RuleKind = "origins"        // the groups of a route: no other origin may read
	RuleTargets       RuleKind = "targets"        // the targets on which a group counts
	RuleMethod        RuleKind = "method"         // a method that pages use
	RuleMethods       RuleKind = "methods"        // the list of methods: no other is allowed
	RuleHeader        RuleKind = "header"         // a request header that pages set
	RuleHeaders       RuleKind = "headers"        // the list of headers: no other is allowed
	RuleCredentials   RuleKind = "credentials"    // whether requests with credentials are readable
	RuleExposed       RuleKind = "exposed-header" // a response header that pages read
	RuleExpose        RuleKind = "expose"         // the list of exposed headers: no other is readable
	RuleMaxAge        RuleKind = "max-age"        // how long browsers may cache a preflight
	RuleReadableError RuleKind = "readable-error" // a status on which the response stays readable
	RuleAuth          RuleKind = "auth"           // how requests are authenticated
	RuleNone          RuleKind = "none"           // cors: none
	RuleRoute         RuleKind = "route"          // that the route exists
	RuleUnlisted      RuleKind = "unlisted"       // how unlisted paths are judged
)

// A Rule is one statement of a policy with its position: the one that a case tests.
type Rule struct {
	Kind RuleKind `json:"kind"`
	// Text is the text in the file, as in "https://shop.example.com" or "methods: [GET,
	// PATCH]".
	Text string   `json:"text"`
	At   Position `json:"at"`
}

// String returns the position and the rule, as in "shop.yaml:9  methods: [GET]".
func (r Rule) String() string { return fmt.Sprintf("%s  %s", r.At, r.Text) }

package policy

import "fmt"

// A RuleKind says what a rule is about.
type RuleKind string

const (
	RuleOrigin        RuleKind = "origin"         // an origin, or a pattern, that may read
	RuleDeniedOrigin  RuleKind = "denied-origin"  // one that may not, though a pattern allows it
	RuleOrigins       RuleKind = "origins"        // the groups that a route names: no other origin may read
	RuleTargets       RuleKind = "targets"        // the targets on which a group counts
	RuleMethod        RuleKind = "method"         // a method that pages use
	RuleMethods       RuleKind = "methods"        // the list: no other method
	RuleHeader        RuleKind = "header"         // a request header that pages set
	RuleHeaders       RuleKind = "headers"        // the list: no other
	RuleCredentials   RuleKind = "credentials"    // whether requests with credentials are readable
	RuleExposed       RuleKind = "exposed-header" // a response header that pages read
	RuleExpose        RuleKind = "expose"         // the list: no other
	RuleMaxAge        RuleKind = "max-age"        // how long a preflight holds
	RuleReadableError RuleKind = "readable-error" // a status on which the response stays readable
	RuleAuth          RuleKind = "auth"           // what a request needs to be authenticated
	RuleNone          RuleKind = "none"           // cors: none
	RuleRoute         RuleKind = "route"          // that the path is answered at all
	RuleUnlisted      RuleKind = "unlisted"       // what no route matches is denied, or not judged
)

// A Rule is one thing that a policy says, where it says it: the one allow or
// deny that a case tests.
type Rule struct {
	Kind RuleKind `json:"kind"`
	// Text is what stands there, as in "https://shop.example.com" or
	// "methods: [GET, PATCH]".
	Text string   `json:"text"`
	At   Position `json:"at"`
}

// String returns the rule after its place, as in "shop.yaml:9  methods: [GET]".
func (r Rule) String() string { return fmt.Sprintf("%s  %s", r.At, r.Text) }

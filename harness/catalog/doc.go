// Package catalog holds cases: a sequence of one or more requests, what the
// servers answer, and what must come of it.
//
// A case is written by hand, in YAML; its form is in [File] and the types below
// it, its fields in the order in which they are best written:
//
//	section: cors-check
//	cases:
//	  - id: cors-check/missing
//	    why: a response without consent would be readable by every page
//	    request: {url: https://api.test/a}
//	    server:
//	      - {to: https://api.test/a, status: 200}
//	    expect:
//	      outcome: network-error
//	      phase: concept-cors-check
//	      step: "2"
//	      exchanges:
//	        - {send: GET https://api.test/a, origin: https://app.test}
//
// Beside that, an expectation can state the values of readable headers
// (Expect.Headers), where a request comes from (Exchange.Referer), header lines
// (Exchange.Has) and cookies. A request that has to be blocked, whichever step does
// it, says phase: any. PHASES.md lists what phase, step and detail can say,
// sections.txt what section can; anything else is a mistake of the file.
//
// Where an engine doesn't meet the standard by a known rule, the case names the rule
// below profiles. [ExplainedBy] finds the rules for a case that doesn't.
//
// [Load] reads files strictly: each mistake of a file comes back with its line,
// its column and what was expected, all at once. [Builtin] is the catalogue
// that is part of the program. [RunModel] runs a case on the model and returns
// what differs from the case's expectation.
//
// # Cases that follow from a policy
//
// [Derive] makes cases of a policy as it stands on one target. Such a
// [PolicyCase] has no written expectation: [PolicyCase.Expect] is the model over
// the answers that the policy calls for, [PolicyCase.Run] the same model over
// a target's own answers, and [PolicyCase.Compare] what differs.
//
//	view, err := p.On("edge")
//	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
//	for _, c := range cases {
//		want, err := c.Expect(ctx, profile)
//		got, err := c.Run(ctx, profile, answers)
//		if ok, instead := c.Provoked(got); !ok { … } // not run
//		for _, m := range c.Compare(want, got) { … }  // violations of c.Rule
//	}
//
// What is decided about them:
//
// Each case tests one rule of the policy, an allow or a deny, and names it by
// file and line. Every allow has deny twins: the methods, headers and origins
// just outside of it. Rules may need the same requests; then the cases have the
// same Signature, and the requests need to be made but once. What differs only
// in which of several names is tried has the same Decision.
//
// Settings are tested where they are written, origins once for each set of
// groups that routes name together, and each route by four requests of its own.
// So the number of cases grows with the lines of a policy.
//
// An ID is an area, what varies in it, and where: the place of a setting
// ("defaults" or a route's name), or the names of the groups, with ".anonymous"
// where no credentials are allowed. It holds no count and no position, and
// every part of it stands for itself in an expression of go test -run.
//
// A request that no page can make, or of which the model can't tell, goes out as
// it is written, by the direct client, and is judged by whether the answer
// consents ([Consent]). It is never counted as seen in a browser.
//
// A gateway that denies is expected to leave Access-Control-Allow-Origin out; how
// else it says no, by a status or not, is its own affair. Errors that the policy
// doesn't list as readable are not judged. Which status a gateway chooses for an
// error that it makes itself isn't either, as long as the policy lists it: a
// case that didn't provoke one of those counts as not run.
//
// The upstream is ours and does what the case says. What it says about CORS by
// itself doesn't count: the gateway's word has to.
//
// The package refuses to write an expectation: none is ever made from a run.
//
// # How a probe is added
//
// What a derived case varies is its [Probe]: an area and a variation (probe.go). A new
// variation gets its constant there, and a case in the derive*.go file of its area:
// deriveroutes, deriveorigins (with attacks.go, where each attack on an origin is named),
// derivelists (methods, headers, credentials, exposed headers, lifetimes, authentication),
// deriveerrors, derivecaches (caches, redirects, repetitions, layers), derivescope. One
// that a route stands for where several share a setting is made for each of them in
// deriveeveryroute.go. What it shows is told in judge, by the probe.
package catalog

// Package catalog holds cases: a sequence of one or more requests, the responses of
// the servers, and the expected result.
//
// A case is written by hand, in YAML. [File] and the types below it define the format,
// with the fields in the recommended order:
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
// An expectation can also have the values of readable headers (Expect.Headers), the
// Referer of a request (Exchange.Referer), header lines (Exchange.Has) and cookies. If
// any step may block the request, it has phase: any. PHASES.md lists the allowed values
// of phase, step and detail, sections.txt those of section; any other is a mistake.
//
// If an engine does not meet the standard because of a known rule, the case names the
// rule under profiles. [ExplainedBy] finds the rules.
//
// [Load] reads files strictly: it returns all mistakes of a file at once, each with
// its line, its column and what was expected. [Builtin] returns the catalogue that is
// part of the program. [RunModel] runs a case on the model and returns the differences
// from the case's expectation.
//
// # Cases that follow from a policy
//
// [Derive] derives cases from a policy on one target. Such a [PolicyCase] has no
// written expectation: [PolicyCase.Expect] runs the model over the responses that the
// policy requires, [PolicyCase.Run] runs it over a target's own responses, and
// [PolicyCase.Compare] returns the differences.
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
// How cases are derived:
//
// Each case tests one rule of the policy, an allow or a deny, and names its file and
// line. Every allow has deny counterparts: methods, headers and origins just outside
// of it. Cases of several rules may need the same requests; then they have the same
// Signature, and the requests are sent only once. Cases that differ only in the name
// that they try have the same Decision.
//
// Settings are tested where they are written, origins once for each set of groups
// that routes name together, and each route with four requests of its own. So the
// number of cases grows with the number of lines of a policy.
//
// An ID consists of an area, what varies in it, and where: the place of a setting
// ("defaults" or a route's name), or the names of the groups, with ".anonymous" where
// no credentials are allowed. It contains no count and no position, and each of its
// parts matches itself as an expression of go test -run.
//
// Requests that no page can send, or that the model cannot judge, are sent as written
// by the direct client, and are judged by whether the response consents ([Consent]).
// They never count as observed in a browser.
//
// A gateway that denies must leave out Access-Control-Allow-Origin; whether it also
// responds with an error status is not judged. Errors that the policy does not list as
// readable are not judged, either. Nor is the status that a gateway chooses for an
// error of its own, as long as the policy lists it: a case that triggers none of the
// listed ones counts as not run.
//
// The upstream is scripted and does what the case says. CORS headers of the upstream do
// not count; those of the gateway do.
//
// The package never creates an expectation from a run.
//
// # How a probe is added
//
// What a derived case varies is its [Probe]: an area and a variation (probe.go). Add a
// constant for a new variation there, and a case to the derive*.go file of its area:
// deriveroutes, deriveorigins (with attacks.go, where each attack on an origin is named),
// derivelists (methods, headers, credentials, exposed headers, lifetimes, authentication),
// deriveerrors, derivecaches (caches, redirects, repetitions, layers), derivescope. If
// several routes share a setting and one route stands for them, deriveeveryroute.go
// adds the case for each of them. Package judge decides by the probe what a case shows.
package catalog

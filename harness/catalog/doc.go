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
// [Load] reads files strictly: each mistake of a file comes back with its line,
// its column and what was expected, all at once. [Builtin] is the catalogue
// that is part of the program. [RunModel] runs a case on the model and returns
// what differs from the case's expectation.
//
// The package refuses to write an expectation: none is ever made from a run.
package catalog

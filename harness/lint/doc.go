// Package lint finds requests that no browser sends and responses that no browser
// accepts.
//
// It reads the lists that package pasted reads: requests with the responses that
// people expect of their gateway. A test with a request that no browser sends says
// nothing about pages, and a test with a response that no browser accepts passes
// while pages are blocked:
//
//	list, err := pasted.Requests(name, data)
//	problems, err := lint.Requests(ctx, list)
//	for _, p := range problems {
//		fmt.Printf("%s:%d: %s: %s; %s\n", name, p.Line, p.Name, p.Wrong, p.Instead)
//	}
//
// Requests are judged by the model of package fetch, as far as it goes before the
// network, and by what a browser itself writes into a request and into a preflight.
// Responses are judged by [fetch.CORSCheck] and [fetch.PreflightConsent].
//
// The package refuses to guess. A header that an expected response does not mention
// is unknown: the response is a problem only if no value of that header would help. A
// recorded response is complete. A response that may be meant as a refusal is no
// problem: that of a preflight with a status of 4xx or 5xx that allows no origin, one
// that allows another origin than asks, and one whose request has a name with a word
// such as "denied", "refused", "rejected" or "blocked" in it.
//
// Problems quote origins, methods, hosts, names of headers and the response headers
// of the CORS protocol. They quote no other values, which may be secrets. The package
// does no I/O.
package lint

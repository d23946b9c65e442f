// Package direct makes the very call of a case with callers that are not
// browsers. Go's net/http, curl, Node's fetch, Python's httpx and newman are
// direct clients: they send an Origin header if they are told to, and read
// whatever comes back; none of them implements the CORS check. jsdom and
// happy-dom are user agents: no browsers, but each plays a page at an origin
// and implements a check of its own, jsdom for its XMLHttpRequest, happy-dom for
// its fetch().
//
// A client's account of what it could read is joined with what the recorders
// saw of its own connections ([Observe]), so that its trace stands beside a
// browser's. The witness is always the recorder.
//
// net/http and curl are here at once; the others are programs that are installed
// (package servers does it) and started ([StartPrograms]), one process each,
// fed with batches of calls. Below HTTP such a program connects where the
// routing table says, each call from a loopback address of its own, and tells its
// ends of its connections; what it sends on them is its runtime's.
//
// The package refuses to make a direct client follow redirects, retry or send
// preflights: an HTTP client does what its caller says, and a case says one
// request. What a user agent makes of a case is its own affair.
package direct

// Package direct sends the request of a case with callers other than browsers. Go's
// net/http, curl, Node's fetch, Python's httpx and newman are direct clients: they send
// an Origin header if they are told to, and read any response; none of them implements
// the CORS check. jsdom and happy-dom are user agents: each simulates a page at an
// origin and implements a check of its own, jsdom for its XMLHttpRequest, happy-dom for
// its fetch().
//
// [Observe] joins what a client could read with what the recorders saw on its own
// connections, so that its trace can be compared with a browser's. The witness is
// always the recorder.
//
// net/http and curl need no set-up. The others are programs that have to be installed
// (by package servers) and started ([StartPrograms]), one process each, which gets
// batches of requests. Such a program connects as the routing table says, each call
// from a loopback address of its own, and reports its ends of its connections; what it
// sends on them is decided by its runtime.
//
// Direct clients never follow redirects, retry or send preflights here: an HTTP client
// does what it is told, and a case is one request. User agents behave as they do.
package direct

// Package direct makes the very call of a case with clients that are not
// browsers: Go's net/http and curl. They send an Origin header if they are told
// to, and read whatever comes back; none of them implements the CORS check.
//
// A client's account of what it could read is joined with what the recorders
// saw of its own connections ([Observe]), so that its trace stands beside a
// browser's.
//
// The package refuses to follow redirects, to retry and to send preflights: an
// HTTP client does what its caller says, and a case says one request.
package direct

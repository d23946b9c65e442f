// Package nginx reads nginx configs: what to change in a copy to run it in a check,
// which origins it names, and how to fix responses that violate a policy. It exports
// only [Adapter]; servers/gateway/all registers it.
//
// # What differs from the real thing
//
// nginx can't listen on port 0, so it listens on unix sockets: $server_port is empty,
// $remote_addr is "unix:", also for rules that allow or deny by address, and redirects
// that nginx generates have no port. nginx calls all upstreams without TLS, also those
// of an https URL, since it would verify names that the scripted upstream lacks. A file
// with servers but no http block, as mounted into conf.d, gets an http block around it.
//
// # How a substitution is added
//
// Add a row for the directive to the table rules in rewrite.go; its function calls
// replaceArg, or adds an edit. A new sort of replacement gets a name in package adapter
// (What).
package nginx

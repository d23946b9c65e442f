// Package nginx reads nginx configs: what has to be other in a copy so that it runs
// here, which origins it names, and what to change where answers don't follow a
// policy. [Adapter] is all that it exports; servers/gateway/all registers it.
//
// # What differs from the real thing
//
// nginx can't listen on port 0, so it listens on unix sockets: $server_port is
// empty, $remote_addr is "unix:", rules that allow or deny by address see that,
// and redirects that nginx makes itself name no port. Upstreams are called
// in the clear, also those of an https URL: nginx verifies names that they don't
// have here. A file that has servers but no http block, as they are mounted into
// conf.d, gets one around it.
//
// # How a substitution is added
//
// What a directive is replaced with is a row of the table rules in rewrite.go; its
// function calls replaceArg, or adds an edit. Another sort of replacement than there is
// gets a name in package adapter (What).
package nginx

// Package gateway runs the gateway under test: a user's own config, unedited,
// in a real nginx or Envoy, whose upstreams are ours.
//
//	g, err := gateway.New(gateway.Nginx, "./nginx.conf", gateway.Config{Run: run, CA: ca, Installed: installed})
//	if err != nil {
//		return err
//	}
//	defer g.Close()
//	endpoint, err := g.Start(ctx, wire.Upstream{Plain: upstream.Address()})
//	listener, err := endpoint.For("https://api.example.com")
//
// The config is copied into the run's folder, with its includes, and there
// bytes are replaced, each replacement a [Substitution] that names file, line,
// what was there and what is there now. Lines keep their numbers, and every byte
// that no Substitution names is the user's. What is substituted is where the
// gateway listens, certificates and their keys, where upstreams are, where it
// logs and keeps temporary files, and what would take an upstream out of use
// because of an error that a case asked of it. What can't be run that way is an
// error of [New], all such places at once. A [Note] names what runs but is not
// what it would be elsewhere.
//
// # What differs from the real thing
//
// nginx can't listen on port 0, so it listens on unix sockets: $server_port is
// empty, $remote_addr is "unix:", rules that allow or deny by address see that,
// and redirects that nginx makes itself name no port. Whoever stands in front of
// the gateway in production (a load balancer, a CDN) is not there: PROXY
// protocol is not asked for. HTTP/3 is left out. Upstreams of nginx are called
// in the clear, also those of an https URL: it verifies names that they don't
// have here. Envoy listens on free ports of 127.0.0.1.
//
// In a container, with the program of [Config].Image, there are no ports at all: the
// gateway listens on sockets in its folder, which the container has at the same path,
// and calls its upstreams by such sockets. Envoy's clusters that would look a name up
// are static then.
//
// The gateway runs as an unprivileged user, with no environment but what
// [Config] says. Files below its usual folder, /etc/nginx or /etc/envoy, are
// looked for beside the config first.
//
// A kind of gateway is one row of the table in kind.go and the files that begin
// with its name. [New] and [Gateway] know none of them.
package gateway

// Package gateway runs the gateway under test: a user's own config, unedited, in the
// gateway's real program, whose upstreams are ours.
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/all"
//
//	g, err := gateway.New(ctx, "nginx", "./nginx.conf", gateway.Config{})
//	if err != nil {
//		return err
//	}
//	defer g.Close()
//	endpoint, err := g.Start(ctx, wire.Upstream{Plain: upstream.Address()})
//	listener, err := endpoint.For("https://api.example.com")
//
// The config is copied into the run's folder, with its includes, and there
// bytes are replaced, each replacement a [adapter.Substitution] that names file, line,
// what was there and what is there now. Lines keep their numbers, and every byte
// that no Substitution names is the user's. What is substituted is where the
// gateway listens, certificates and their keys, where upstreams are, where it
// logs and keeps temporary files, and what would take an upstream out of use
// because of an error that a case asked of it. What can't be run that way is an
// error of [New], all such places at once. A [adapter.Note] names what runs but is not
// what it would be elsewhere.
//
// # What differs from the real thing
//
// Whoever stands in front of the gateway in production (a load balancer, a CDN) is
// not there: PROXY protocol is not asked for. HTTP/3 is left out. What differs for
// one kind of gateway alone is in that kind's package.
//
// In a container, with the program of [Config].Image, there are no ports at all: the
// gateway listens on sockets in its folder, which the container has at the same path,
// and calls its upstreams by such sockets.
//
// The gateway runs as an unprivileged user, with no environment but what
// [Config] says. Files below its usual folder, such as /etc/nginx, are
// looked for beside the config first.
//
// # How the parts go together
//
// [New] reads a config, which a kind's [adapter.Adapter] does, into an
// [adapter.Config]. That says what it names ([Gateway.Facts], [Gateway.Reading]) and
// how it is run at a place, an [adapter.Plan]. [Gateway.Start] writes the plan's files
// and has a [Runner] run the program: a process, or a container. The [Instance] that it
// gets is the running program. Between them stand the user's file names: what the
// program says of its copies is shown with those.
//
// # How a kind is added
//
// A kind of gateway is a package beside nginx and envoy that imports adapter and not
// this one. It declares one [adapter.Adapter]:
//
//   - Program: its name in PATH, where the set-up puts the pinned one, how to ask for
//     its version, how a user installs it.
//   - Read: the config and all that it includes, each file an [adapter.Source] whose
//     bytes keep their places; [adapter.Finder] looks for what the config names.
//     What can't be read is an error with file and line.
//   - of what Read returns, Plan: the edits ([adapter.Edits]) that make the copies run
//     at an [adapter.Place]: listeners on sockets, or on free ports if the place has
//     those; upstreams at the place's addresses; its certificate; its log. What
//     can't be led there is a problem, with file, line and what to write instead.
//     Listeners says where the program listens once it does.
//   - Facts: the origins that the config names ([adapter.NamedOrigins]), limits,
//     required client certificates.
//   - Explain: advice for what the program says when it doesn't start.
//   - Fix: a fix in the gateway's own syntax.
//   - Recognize: its error pages, which nobody else knows.
//
// Then it gets a row in package all, a pin in servers.Install and configs in
// fixtures/gateways. [New] and [Gateway] know no kind, and neither does anything else.
package gateway

// Package gateway runs the gateway under test: a user's own, unedited config in the
// gateway's real program, with scripted upstreams.
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
// The config and its includes are copied into the run's folder, and bytes of the copies
// are replaced. Each replacement is an [adapter.Substitution] with file, line, the old
// and the new bytes. Lines keep their numbers, and no other byte changes. Replaced are
// the addresses where the gateway listens, certificates and their keys, the addresses
// of upstreams, the paths of logs and temporary files, and settings that would disable
// an upstream after an error that a case triggers. [New] returns an error with all
// places that cannot run this way. An [adapter.Note] names what runs, but differently
// from where the config is used.
//
// # What differs from the real thing
//
// Nothing runs in front of the gateway, unlike in production (a load balancer, a CDN):
// it does not require the PROXY protocol. HTTP/3 is not supported. The package of each
// kind says what differs for that kind.
//
// In a container, with the program of [Config].Image, there are no ports: the gateway
// listens on unix sockets in its folder, which the container has at the same path, and
// calls its upstreams through such sockets.
//
// The gateway runs as an unprivileged user, with only the environment that [Config]
// sets. Files below its usual folder, such as /etc/nginx, are first looked for beside
// the config.
//
// # How the parts go together
//
// [New] reads a config into an [adapter.Config], by the [adapter.Adapter] of its kind.
// The result knows what the config contains ([Gateway.Facts], [Gateway.Reading]) and
// how to run it at a place, an [adapter.Plan]. [Gateway.Start] writes the plan's files
// and lets a [Runner] run the program, as a process or in a container. The [Instance]
// that it returns is the running program. Messages of the program about the copies are
// shown with the user's file names.
//
// # How a kind is added
//
// A kind of gateway is a package beside nginx and envoy. It imports adapter, not this
// package, and declares one [adapter.Adapter]:
//
//   - Program: its name in PATH, where the set-up puts the pinned one, how to get its
//     version, how a user installs it.
//   - Read: reads the config and all that it includes, each file an [adapter.Source];
//     [adapter.Finder] finds the files. What cannot be read is an error with file and
//     line.
//   - Plan, of what Read returns: the edits ([adapter.Edits]) with which the copies run
//     at an [adapter.Place]: listeners on sockets, or on free ports if the place has
//     those; upstreams at the place's addresses; its certificate; its log. What cannot
//     be redirected is a problem, with file, line and what to write instead. Listeners
//     returns where the program listens.
//   - Facts: the origins in the config ([adapter.NamedOrigins]), limits, required client
//     certificates.
//   - Explain: advice on the messages of a program that does not start.
//   - Fix: a fix in the gateway's own syntax.
//   - Recognize: its error pages, which only the adapter knows.
//
// Then add it to the list in package all, pin its program in servers.Install, and add
// configs to fixtures/gateways. No other code knows the kinds.
package gateway

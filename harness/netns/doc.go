// Package netns makes network namespaces that belong to a run: networks of one's
// own on one machine, in which a caller can be outside and a service inside.
//
//	outside, err := netns.New(ctx, run, "outside")
//	…
//	err = netns.Link(ctx, outside, "10.111.1.2/24", inside, "10.111.1.1/24")
//
// The entry point is [New]; [Missing] says whether the machine allows it. It is
// done with iproute2 and nftables, and it takes root. None of the namespaces has
// a link to the machine's own network: what happens in them stays there. They
// are removed with the run, and those of a killed run by the next one.
//
// The package refuses to touch the machine's own namespace.
package netns

// Package netns creates network namespaces that belong to a run: separate networks on
// one machine, with a caller outside and a service inside.
//
//	outside, err := netns.New(ctx, run, "outside")
//	…
//	err = netns.Link(ctx, outside, "10.111.1.2/24", inside, "10.111.1.1/24")
//
// The entry point is [New]; [Missing] says whether the machine allows it. The package
// uses iproute2 and nftables, and requires root. No namespace has a link to the
// machine's own network. Namespaces are removed with the run, and those of a killed run
// by the next one.
//
// The package never changes the machine's own namespace.
package netns

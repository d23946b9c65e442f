// Package envoy reads Envoy's static bootstrap configs: what has to be other in a copy
// so that it runs here, which origins it names, and what to change where answers don't
// follow a policy. [Adapter] is all that it exports; servers/gateway/all registers it.
//
// # What differs from the real thing
//
// Envoy listens on free ports of 127.0.0.1, or in a container on sockets; there,
// clusters that would look a name up are static. Nothing is fetched: what a config
// leaves to a control plane can't be run.
package envoy

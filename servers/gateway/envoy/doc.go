// Package envoy reads Envoy's static bootstrap configs: what to change in a copy to run
// it in a check, which origins it names, and how to fix responses that violate a
// policy. It exports only [Adapter]; servers/gateway/all registers it.
//
// # What differs from the real thing
//
// Envoy listens on free ports of 127.0.0.1, or on sockets in a container; in a
// container, clusters that resolve names become static. Envoy fetches nothing: a config
// that needs a control plane cannot run.
package envoy

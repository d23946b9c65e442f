// Package gatewaytest has what the tests of servers/gateway and of the packages below
// it share: configs, gateways that run with upstreams that say who was asked, golden
// files, and fixes of all kinds.
package gatewaytest

// Package target describes the target of a check before it gets any request.
//
// Checks and targets share this package: a check reads the [Facts] of a target, which
// the gateways of servers/gateway, a URL or your own target return. The zero value is
// the cautious one: such a target gets only requests that are safe for any server.
//
//	func (t *myServer) Facts() target.Facts {
//		return target.Facts{Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs}
//	}
//
// The package sends nothing and decides nothing.
package target

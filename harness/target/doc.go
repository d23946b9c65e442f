// Package target says what is known of a check's target before it is asked
// anything.
//
// Who checks and who answers share this package and nothing above it: a check
// asks a target for its [Facts], and the gateways of servers/gateway, a URL or a
// user's own target return them. The zero value is the careful one: a target
// that says nothing gets only what no server minds.
//
//	func (t *myServer) Facts() target.Facts {
//		return target.Facts{Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs}
//	}
//
// The package sends nothing and decides nothing.
package target

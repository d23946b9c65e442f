// Package wire records what callers and servers really send. It also provides names and
// certificates for one run, and hosts pages.
//
//   - A [Recorder] runs in front of a server and records what passes.
//   - A [Router] connects a browser to the system under proof, and to nothing else.
//   - A [PageHost] serves the pages that send the requests.
//   - A [Scripted] is a server that sends exactly the bytes it is given, at any number
//     of origins, behind its own recorders.
//   - An [Upstream] and an [Endpoint] are the two sides of a target: where its upstreams
//     have to be, and where it listens.
//   - A [CA] signs their certificates; a [Clock] is their common clock.
//
// The entry point is [NewRecorder]:
//
//	recorder, err := wire.NewRecorder(wire.RecorderConfig{
//		Name:     "fastapi",
//		Upstream: wire.Address{Network: "tcp", Address: "127.0.0.1:8001"},
//	})
//	…
//	defer recorder.Close()
//	mark := recorder.Mark()
//	// a caller calls http://recorder.Addr()
//	for _, exchange := range recorder.Since(mark) { … }
//
// A scripted server:
//
//	scripted, err := wire.NewScripted(wire.ScriptedConfig{Router: router, CA: ca, Clock: clock})
//	…
//	defer scripted.Close()
//	err = scripted.Serve("https://api.test", wire.ServedHTTP1)
//	…
//	err = scripted.Set(wire.ScriptedAnswer{
//		To: "GET https://api.test/a", Status: 200,
//		Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}},
//	})
//
// net/http cannot be that server: it trims values, sorts lines, refuses some and adds a
// Date. Over HTTP/1.1 the scripted server reads requests with the recorder's own
// parser, so the two always agree on where a message ends.
//
// A recorder changes no byte. It connects to the server at the client's first byte for
// HTTP, during the handshake for TLS, and at once for opaque protocols. It can terminate
// TLS for a server without TLS ([RecorderConfig].TerminateAs). It forwards half-closes,
// closes and resets as such. It also forwards malformed traffic; Exchange.Incomplete
// then says what was wrong, and the exchange has what is still certain.
//
// The package does not change, delay, retry or inject anything. It listens only on
// loopback, resolves no name, and keeps no secret and only the first bytes of a body.
//
// Version in an exchange is that of the protocol, "HTTP/1.1" or "HTTP/2". In HTTP/2 the
// pseudo-header fields ":scheme" and ":authority" are in the header list like any line,
// since no other field has them. Informational responses (1xx, except 101) and trailers
// are ignored.
package wire

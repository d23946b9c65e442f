// Package wire is the instrument between callers and servers: it records what
// is really sent, makes names and certificates for one run, and hosts pages.
//
//   - A [Recorder] stands in front of a server and reads what passes.
//   - A [Router] leads a browser to the system under proof, and nowhere else.
//   - A [PageHost] serves the pages that make the calls.
//   - A [Scripted] is a server that says what it is told to, byte for byte, at
//     any number of origins, behind recorders of its own.
//   - An [Upstream] and an [Endpoint] are the two sides of a target: where what it
//     stands before has to be, and where it answers.
//   - A [CA] signs for them; a [Clock] gives all of them one time.
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
// A server that says what a case needs:
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
// net/http would not do as that server: it trims values, sorts lines, refuses
// some and adds a Date. Over HTTP/1.1 the scripted one reads requests with the
// recorder's own parser, so the two never differ about where a message ends.
//
// A recorder changes no byte. It calls the server when it has to: at the
// client's first byte for HTTP, within the handshake for TLS, at once for
// opaque protocols. Where it is told to, it ends TLS for a server that speaks
// none ([RecorderConfig].TerminateAs). Half-closes, closes and resets are handed
// on as such. Malformed traffic is forwarded like any other; Exchange.Incomplete
// says what was wrong with it, and as much as can still be told for certain is.
//
// What the package refuses to do: what passes it neither alters nor
// delays, and it retries and injects nothing; it listens on loopback only; it
// resolves no name; it keeps no secret and no body beyond its first bytes.
//
// Version in an exchange is the protocol's, "HTTP/1.1" or "HTTP/2". In HTTP/2
// the pseudo-header fields ":scheme" and ":authority" stand in the header list
// like any line, since nothing else holds them. Informational responses (1xx
// but 101) and trailers are read over.
package wire

// Package wire is the instrument between callers and servers: it records what
// is really sent, makes names and certificates for one run, and hosts pages.
//
//   - A [Recorder] stands in front of a server and reads what passes.
//   - A [Router] leads a browser to the system under proof, and nowhere else.
//   - A [PageHost] serves the pages that make the calls.
//   - A [CA] signs for both; a [Clock] gives all of them one time.
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
// A recorder changes no byte. It calls the server when it has to: at the
// client's first byte for HTTP, within the handshake for TLS, at once for
// opaque protocols. Half-closes, closes and resets are handed on as such.
// Malformed traffic is forwarded like any other; Exchange.Incomplete says what
// was wrong with it, and as much as can still be told for certain is.
//
// What the package refuses to do: it alters, delays, retries and injects
// nothing; it listens on loopback only; it resolves no name; it keeps no secret
// and no body beyond its first bytes.
//
// Version in an exchange is the protocol's, "HTTP/1.1" or "HTTP/2". In HTTP/2
// the pseudo-header fields ":scheme" and ":authority" stand in the header list
// like any line, since nothing else holds them. Informational responses (1xx
// but 101) and trailers are read over.
package wire

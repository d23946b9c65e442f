package wire

// newHTTP2 returns a parser for HTTP/2.
func newHTTP2(log *connLog) parser { return newHTTP1(log) }

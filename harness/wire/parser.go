package wire

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A direction is one of the two byte streams of a connection.
type direction int

const (
	toServer direction = iota
	toClient
)

// A parser reads one connection on the side and writes a [connLog]. It takes
// bytes in any portions, never fails and never panics: what it can't read it
// notes in the exchange at hand, and reads no further. Calls are serialised by
// the caller.
type parser interface {
	// feed takes the next bytes of one direction.
	feed(d direction, p []byte)
	// end says that a direction ended in order.
	end(d direction)
	// abandon says that nothing more comes in either direction, and why. It is
	// called once, at the end of each connection.
	abandon(cause string)
}

// maxHead bounds a message's head (a header block in HTTP/2), in bytes.
const maxHead = 1 << 20

// A body digests one message body; its zero value is an absent one.
type body struct{ builder *fetch.PayloadBuilder }

func newBody() body { return body{new(fetch.PayloadBuilder)} }

func (b body) write(p []byte) {
	if b.builder != nil {
		b.builder.Write(p)
	}
}

func (b body) payload() fetch.Payload {
	if b.builder == nil {
		return fetch.Payload{}
	}
	return b.builder.Payload()
}

// decode returns p as it stands in a trace.
func decode(p []byte) string { return fetch.IsomorphicDecode(p) }

// headerLine makes a header line of a name and a raw value, without the
// optional whitespace around it.
func headerLine(name, value string) fetch.Header {
	return fetch.Header{name, strings.Trim(value, " \t")}
}

// isNullBodyStatus reports whether a response with the status never has a body:
// https://www.rfc-editor.org/rfc/rfc9112#section-6.3.
func isNullBodyStatus(status int) bool {
	return status/100 == 1 || status == 204 || status == 304
}

package wire

import (
	"net"
	"sync"
)

// heldConns are the connections that a server has open, each with what its owner needs to
// know of it. The zero value has none. Safe for concurrent use.
type heldConns[V any] struct {
	mu    sync.Mutex
	conns map[net.Conn]V
	ended bool
}

// hold takes a connection, which is closed with the others, or notes something else of
// one that it has. It reports false, and closes the connection, if there are to be no
// more.
func (h *heldConns[V]) hold(conn net.Conn, v V) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		conn.Close()
		return false
	}
	if h.conns == nil {
		h.conns = map[net.Conn]V{}
	}
	h.conns[conn] = v
	return true
}

// release closes a connection and forgets it.
func (h *heldConns[V]) release(conn net.Conn) {
	conn.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, conn)
}

// closeIf closes those of which is says so. Their servers release them.
func (h *heldConns[V]) closeIf(is func(V) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for conn, v := range h.conns {
		if is(v) {
			conn.Close()
		}
	}
}

// closeAll closes the connections that there are.
func (h *heldConns[V]) closeAll() { h.closeIf(func(V) bool { return true }) }

// end closes all connections, and those to come.
func (h *heldConns[V]) end() {
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.closeAll()
}

package wire

import "time"

// Timeouts bound the waits of this package. A zero field means its default.
type Timeouts struct {
	// Dial bounds one connection to an upstream, including its TLS handshake. Default 5
	// s.
	Dial time.Duration
	// Handshake bounds the TLS or SOCKS handshake of a client, and the wait for the
	// request head of a client whose upstream is unreachable. Default 10 s.
	Handshake time.Duration
	// Linger bounds how long a server that has closed its side still reads from the
	// client. Default 1 s.
	Linger time.Duration
	// AcceptPause is the pause after the system could not accept a connection, for
	// example for lack of file descriptors. Default 5 ms.
	AcceptPause time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.Dial, 5*time.Second)
	set(&t.Handshake, 10*time.Second)
	set(&t.Linger, time.Second)
	set(&t.AcceptPause, 5*time.Millisecond)
	return t
}

package wire

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
)

// protocols are what a recorder can read behind TLS.
var protocols = []string{"h2", "http/1.1"}

// terminateTLS ends TLS for the client, with whom it agrees on the application
// protocol by itself, and goes on without TLS.
func (t *tap) terminateTLS() {
	cfg := &t.recorder.cfg
	raw := t.client
	conn := tls.Server(raw, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return cfg.TLS.Leaf(askedHost(hello, raw))
		},
		NextProtos:             cfg.TerminateAs.applicationProtocols(),
		SessionTicketsDisabled: true,
	})
	if t.handshake(conn) {
		t.runHTTP()
	}
}

// handshake completes the TLS handshake with the client and reads what it
// chose to speak. It reports false if the connection is over.
func (t *tap) handshake(conn *tls.Conn) bool {
	ctx, cancel := context.WithTimeout(t.ctx, t.recorder.cfg.Timeouts.Handshake)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		t.abandon("TLS handshake with the client: " + err.Error())
		return false
	}
	t.mu.Lock()
	t.client = conn
	t.mu.Unlock()
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		t.read(newHTTP2(t.log))
	} else {
		t.read(newSniffed(t.log))
	}
	return true
}

// askedHost is the host that a certificate is needed for.
func askedHost(hello *tls.ClientHelloInfo, conn net.Conn) string {
	if hello.ServerName != "" {
		return hello.ServerName
	}
	host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
	return host
}

// runTLS ends TLS for the client and opens TLS to the server. The server is
// dialled within the client's handshake, since it chooses the application
// protocol. If it is dead the handshake is completed all the same, so that the
// request can be recorded.
func (t *tap) runTLS() {
	raw := t.client
	var unreached error
	conn := tls.Server(raw, &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			host := askedHost(hello, raw)
			leaf, err := t.recorder.cfg.TLS.Leaf(host)
			if err != nil {
				return nil, err
			}
			offered := slices.DeleteFunc(slices.Clone(hello.SupportedProtos), func(p string) bool {
				return !slices.Contains(protocols, p)
			})
			var chosen []string
			switch protocol, err := t.dialTLS(hello.Context(), host, offered); {
			case err != nil:
				unreached = err
				chosen = slices.Clone(offered)
				slices.Reverse(chosen) // any will do; HTTP/1.1 says more of a lone request
			case protocol != "":
				chosen = []string{protocol}
			}
			return &tls.Config{
				MinVersion:             tls.VersionTLS12,
				Certificates:           []tls.Certificate{*leaf},
				NextProtos:             chosen,
				SessionTicketsDisabled: true,
			}, nil
		},
	})
	if !t.handshake(conn) {
		return
	}
	if unreached != nil {
		t.refuse(unreachable(unreached))
		return
	}
	t.forward(nil)
}

// dialTLS calls the server as the client called the recorder. It returns the
// application protocol that the server chose.
func (t *tap) dialTLS(ctx context.Context, host string, offered []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, t.recorder.cfg.Timeouts.Dial)
	defer cancel()
	if err := t.dial(); err != nil {
		return "", err
	}
	server := tls.Client(t.server, &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: host,
		RootCAs:    t.recorder.cfg.UpstreamRoots,
		NextProtos: offered,
		// A key share of the hybrid kind costs as much as the rest of the handshake, and a
		// recording needs no secrecy that outlives quantum computers.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	})
	if err := server.HandshakeContext(ctx); err != nil {
		server.Close()
		return "", err
	}
	return server.ConnectionState().NegotiatedProtocol, t.setServer(server)
}

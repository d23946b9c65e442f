package wire

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
)

// protocols are what a recorder can read behind TLS.
var protocols = []string{"h2", "http/1.1"}

// runTLS ends TLS for the client and opens TLS to the server. The server is
// dialled within the client's handshake, since it chooses the application
// protocol. If it is dead the handshake is completed all the same, so that the
// request can be recorded.
func (t *tap) runTLS() {
	raw := t.client
	var unreached error
	conn := tls.Server(raw, &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			host := hello.ServerName
			if host == "" {
				host, _, _ = net.SplitHostPort(raw.LocalAddr().String())
			}
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
	ctx, cancel := context.WithTimeout(t.ctx, t.recorder.cfg.Timeouts.Handshake)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		t.abandon("TLS handshake with the client: " + err.Error())
		return
	}
	t.mu.Lock()
	t.client = conn
	t.mu.Unlock()
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		t.read(newHTTP2(t.log))
	} else {
		t.read(newHTTP1(t.log))
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
	})
	if err := server.HandshakeContext(ctx); err != nil {
		server.Close()
		return "", err
	}
	return server.ConnectionState().NegotiatedProtocol, t.setServer(server)
}

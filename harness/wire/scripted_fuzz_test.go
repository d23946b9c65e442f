package wire

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzScripted sends any bytes to the server: it must end, without a panic, once
// the client has.
func FuzzScripted(f *testing.F) {
	for _, seed := range []string{
		get,
		"GET / HTTP/1.1\r\nHost: api.test\r\n\r\nPOST /x HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
		"PUT http://api.test/ HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\n0\n\n",
		"GET / HTTP/1.1\r\nX: 1\r\n 2\r\n\t3\r\n\r\n",
		"CONNECT api.test:443 HTTP/1.1\r\n\r\n\x16\x03",
		"OPTIONS * HTTP/1.1\r\nHost: :::\r\nConnection: close\r\n\r\n",
		clientPreface + settings,
		clientPreface + settings + newH2Sender().headers(1, flagEndStream, ":method", "GET", ":scheme", "https", ":authority", "api.test", ":path", "/"),
		clientPreface + settings + newH2Sender().headers(1, 0, ":method", "POST", ":scheme", "https", ":authority", "api.test", ":path", "/cut") +
			rawFrame(frameData, flagEndStream|flagPadded, 1, "\x01a\x00") + rawFrame(0x8, 0, 0, "\x7f\xff\xff\xff"),
	} {
		f.Add([]byte(seed), "https")
		f.Add([]byte(seed), "http")
	}
	router, err := NewRouter(nil)
	require.NoError(f, err)
	f.Cleanup(func() { router.Close() })
	s, err := NewScripted(ScriptedConfig{Router: router, Timeouts: Timeouts{Linger: time.Nanosecond}})
	require.NoError(f, err)
	f.Cleanup(func() { s.Close() })
	var answers []ScriptedAnswer
	for _, origin := range []string{"http://api.test", "https://api.test"} {
		answers = append(answers,
			ScriptedAnswer{To: origin + "/", Status: 200, Body: "x"},
			ScriptedAnswer{To: origin + "/x", Status: 103},
			ScriptedAnswer{To: origin + "/cut", Status: 200, Body: "xx", Behaviour: BehaviourCut},
		)
	}
	require.NoError(f, s.Set(answers...))
	f.Fuzz(func(t *testing.T, request []byte, scheme string) {
		client, server := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			s.speaker.serve(scheme, server, nil)
		}()
		read := make(chan struct{})
		go func() {
			defer close(read)
			io.Copy(io.Discard, client)
		}()
		client.SetDeadline(time.Now().Add(patience))
		client.Write(request)
		client.Close()
		<-read
		select {
		case <-served:
		case <-time.After(patience):
			t.Fatal("the server hangs")
		}
		s.TakeUnexpected()
	})
}

package wire

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile makes bytes that a parser stumbles over: noise, pieces of HTTP, and
// both in turn.
func hostile(random *rand.Rand, size int) []byte {
	pieces := []string{get, ok2, empty, "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n\r\n", "ffffffff\r\n", "0\r\n\r\n", "\r\n", "\n", ":",
		"Content-Length: 99999999999999999999\r\n", clientPreface, "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "HTTP/1.1 101 x\r\n\r\n"}
	var b []byte
	for len(b) < size {
		if random.IntN(2) == 0 {
			b = append(b, pieces[random.IntN(len(pieces))]...)
			continue
		}
		for range random.IntN(3000) {
			b = append(b, byte(random.Uint32()))
		}
	}
	return b
}

// writePieces writes p in pieces of random size.
func writePieces(w io.Writer, random *rand.Rand, p []byte) {
	for len(p) > 0 {
		n := min(len(p), 1+random.IntN(20_000))
		if _, err := w.Write(p[:n]); err != nil {
			return
		}
		p = p[n:]
	}
}

func TestTapPassesEveryByte(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]Protocol{"http": ProtocolHTTP, "opaque": ProtocolOpaque} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				random := rand.New(rand.NewPCG(seed, 7))
				toServer, toClient := hostile(random, 100_000), hostile(random, 100_000)
				if seed%2 == 0 { // as many start well and go wrong later
					toServer, toClient = append([]byte(get), toServer...), append([]byte(ok2), toClient...)
				}
				fromClient := make(chan []byte, 1)
				upstream := listenT(t, func(c *net.TCPConn) {
					var wg sync.WaitGroup
					wg.Go(func() {
						got, err := io.ReadAll(c)
						assert.NoError(t, err)
						fromClient <- got
					})
					writePieces(c, rand.New(rand.NewPCG(seed, 8)), toClient)
					c.CloseWrite()
					wg.Wait()
				})
				r := recorderT(t, RecorderConfig{Protocol: protocol, Upstream: upstream})
				c := dialT(t, r.Addr())
				var wg sync.WaitGroup
				wg.Go(func() {
					writePieces(c, random, toServer)
					c.CloseWrite()
				})
				got, err := io.ReadAll(c)
				wg.Wait()
				require.NoError(t, err)
				require.True(t, bytes.Equal(toClient, got), "seed %d: server to client", seed)
				require.True(t, bytes.Equal(toServer, <-fromClient), "seed %d: client to server", seed)
				up, down := r.Bytes()
				require.Equal(t, [2]int64{int64(len(toServer)), int64(len(toClient))}, [2]int64{up, down})
			}
		})
	}
}

// A watched connection calls back before it passes on bytes or their end.
type watched struct {
	net.Conn
	write, closeWrite func()
}

func (w *watched) Write(p []byte) (int, error) { w.write(); return len(p), nil }
func (w *watched) CloseWrite() error           { w.closeWrite(); return nil }

// Whatever the timing: bytes and their end are recorded before they go on.
func TestTapRecordsFirst(t *testing.T) {
	t.Parallel()
	r := recorderT(t, RecorderConfig{})
	near, far := net.Pipe()
	defer near.Close()
	tap := newTap(r, 1, near)
	tap.read(newHTTP1(tap.log))
	sent, ended := 0, 0
	pass := func(d direction, bytes string, check func()) {
		dst := &watched{near, check, check}
		src, in := net.Pipe()
		go func() {
			io.WriteString(in, bytes)
			in.Close()
		}()
		tap.copy(d, dst, src)
	}
	pass(toServer, get, func() {
		sent++
		assert.Len(t, r.Since(0), 1)
	})
	pass(toClient, "HTTP/1.1 200 OK\r\n\r\n", func() {
		ended++
		x := r.Since(0)[0]
		assert.NotNil(t, x.Response)
		assert.Equal(t, ended == 2, x.Ended != nil, "the end of the connection is the body's")
	})
	assert.Equal(t, [2]int{2, 2}, [2]int{sent, ended})
	far.Close()
}

type deaf struct{ net.Conn }

func (deaf) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// A server that reads no further may have sent an answer, so that direction
// goes on; for a client that reads no further there is nothing left to do.
func TestTapWriteFails(t *testing.T) {
	t.Parallel()
	r := recorderT(t, RecorderConfig{})
	for d, want := range map[direction]string{toServer: "", toClient: "the client went away"} {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		tap := newTap(r, 1, near)
		src, in := net.Pipe()
		go io.WriteString(in, "x")
		tap.copy(d, deaf{near}, src)
		in.Close()
		assert.Equal(t, want, tap.connection().Error)
		assert.Equal(t, want != "", tap.connection().Closed != nil)
	}
}

func TestTapHalfClose(t *testing.T) {
	t.Parallel()
	upstream := listenT(t, func(c *net.TCPConn) {
		request, err := io.ReadAll(c) // until the client's half-close
		assert.NoError(t, err)
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+string(request))
	})
	r := recorderT(t, RecorderConfig{Upstream: upstream})
	c := dialT(t, r.Addr())
	io.WriteString(c, get)
	require.NoError(t, c.CloseWrite())
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 200 OK\r\n\r\n"+get, string(got))
	x := r.Since(0)[0]
	assert.NotNil(t, x.Ended, "complete before the client sees the end")
	assert.Empty(t, x.Incomplete)
}

// The other way round: the server ends its side first and still reads.
func TestTapServerHalfClose(t *testing.T) {
	t.Parallel()
	rest := make(chan string, 1)
	upstream := listenT(t, func(c *net.TCPConn) {
		io.ReadFull(c, make([]byte, len("GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n")))
		io.WriteString(c, empty)
		c.CloseWrite()
		got, _ := io.ReadAll(c)
		rest <- string(got)
	})
	r := recorderT(t, RecorderConfig{Upstream: upstream})
	c := dialT(t, r.Addr())
	io.WriteString(c, "GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n")
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, empty, string(got))
	io.WriteString(c, "late")
	c.CloseWrite()
	assert.Equal(t, "late", <-rest)
	x := r.Since(0)[0]
	assert.Empty(t, x.Incomplete)
	assert.Equal(t, "late", x.Request.Body.Prefix)
}

// An answer that came before the server stopped reading reaches the client.
func TestTapEarlyAnswer(t *testing.T) {
	t.Parallel()
	answer := "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
	upstream := listenT(t, func(c *net.TCPConn) {
		io.ReadFull(c, make([]byte, 10))
		io.WriteString(c, answer)
		c.CloseWrite()
		io.Copy(io.Discard, c)
	})
	r := recorderT(t, RecorderConfig{Upstream: upstream})
	c := dialT(t, r.Addr())
	var wg sync.WaitGroup
	wg.Go(func() {
		io.WriteString(c, "POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n"+strings.Repeat("x", 3_000_000))
		c.CloseWrite()
	})
	got, err := io.ReadAll(c)
	wg.Wait()
	require.NoError(t, err)
	assert.Equal(t, answer, string(got))
	assert.Equal(t, 413, r.Since(0)[0].Response.Status)
}

// Goroutines inherit the labels of who starts them, so a leak is seen whatever
// other tests do.
func TestCloseEndsAllGoroutines(t *testing.T) {
	t.Parallel()
	ca, err := NewCA()
	require.NoError(t, err)
	hang := listenT(t, func(c *net.TCPConn) { io.Copy(io.Discard, c) })
	var closers []io.Closer
	labels := pprof.Labels("test", t.Name())
	pprof.Do(t.Context(), labels, func(context.Context) {
		for _, cfg := range []RecorderConfig{
			{Name: "http", Upstream: hang},
			{Name: "opaque", Upstream: hang, Protocol: ProtocolOpaque},
			{Name: "tls", Upstream: hang, TLS: ca},
		} {
			r, err := NewRecorder(cfg)
			require.NoError(t, err)
			closers = append(closers, r)
			idle, busy := dialT(t, r.Addr()), dialT(t, r.Addr())
			_ = idle
			io.WriteString(busy, get)
			dialT(t, r.Addr()).Close()
		}
		router, err := NewRouter(nil)
		require.NoError(t, err)
		router.Route("a:80", hang.Address)
		dialT(t, router.Addr())
		piped := dialT(t, router.Addr())
		io.WriteString(piped, "\x05\x01\x00\x05\x01\x00\x03\x01a\x00\x50")
		_, err = io.ReadFull(piped, make([]byte, 12))
		require.NoError(t, err)
		pages, err := NewPageHost(PageHostConfig{CA: ca, Router: router})
		require.NoError(t, err)
		for _, origin := range []string{"", "https://a.example"} {
			_, err = pages.Serve(origin, nil)
			require.NoError(t, err)
		}
		closers = append(closers, pages, router)
	})
	require.Positive(t, labelled(t), "the check sees what runs")
	for _, c := range closers {
		require.NoError(t, c.Close())
		require.NoError(t, c.Close(), "idempotent")
	}
	assert.Zero(t, labelled(t))
}

// labelled counts the goroutines that carry the test's label.
func labelled(t *testing.T) int {
	var b bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&b, 1))
	return strings.Count(b.String(), `"test":"`+t.Name()+`"`)
}

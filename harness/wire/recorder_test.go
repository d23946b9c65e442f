package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// patience bounds what a test waits for; nothing that works comes near it.
const patience = 10 * time.Second

func recorderT(tb testing.TB, cfg RecorderConfig) *Recorder {
	tb.Helper()
	if cfg.Name == "" {
		cfg.Name = "server"
	}
	r, err := NewRecorder(cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, r.Close()) })
	return r
}

// listenT listens on loopback and hands each connection to serve.
func listenT(tb testing.TB, serve func(*net.TCPConn)) Address {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	var wg sync.WaitGroup
	tb.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				serve(c.(*net.TCPConn))
			})
		}
	})
	return tcp(ln.Addr())
}

func tcp(a net.Addr) Address { return Address{Network: "tcp", Address: a.String()} }

func dialT(tb testing.TB, address string) *net.TCPConn {
	tb.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

func serverT(tb testing.TB, handler http.HandlerFunc) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(handler)
	tb.Cleanup(s.Close)
	return s
}

// clientT returns a client with connections of its own.
func clientT(tb testing.TB) *http.Client {
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func readAll(tb testing.TB, response *http.Response, err error) string {
	tb.Helper()
	require.NoError(tb, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(tb, err)
	return string(body)
}

func waitT(tb testing.TB, r *Recorder, m Mark, match func(fetch.Exchange) bool) fetch.Exchange {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	x, err := r.Wait(ctx, m, match)
	require.NoError(tb, err)
	return x
}

func settledExchange(x fetch.Exchange) bool { return x.Ended != nil || x.Incomplete != "" }

func TestRecorderIsAheadOfBothSides(t *testing.T) {
	t.Parallel()
	var r *Recorder
	s := serverT(t, func(w http.ResponseWriter, q *http.Request) {
		exchanges := r.Since(0)
		last := exchanges[len(exchanges)-1]
		assert.Equal(t, q.RequestURI, last.Request.Target, "the server has a request that the recording hasn't")
		body, err := io.ReadAll(q.Body)
		assert.NoError(t, err)
		w.Write(body)
	})
	r = recorderT(t, RecorderConfig{Upstream: tcp(s.Listener.Addr())})
	client := clientT(t)
	for i := range 100 {
		m := r.Mark()
		body := strings.Repeat("x", 10*i*i)
		response, err := client.Post(fmt.Sprintf("http://%s/%d", r.Addr(), i), "text/plain", strings.NewReader(body))
		require.True(t, body == readAll(t, response, err))
		got := r.Since(m)
		require.Len(t, got, 1)
		require.NotNil(t, got[0].Ended, "the client has a response that the recording hasn't")
		require.Equal(t, fetch.PayloadOf([]byte(body)), got[0].Response.Body)
		require.Equal(t, got[0].Request.Body, got[0].Response.Body)
		require.LessOrEqual(t, got[0].Started, *got[0].Ended)
	}
	assert.Len(t, r.Connections(), 1, "the connection was kept alive")
}

func TestRecorderDeadUpstream(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dead := tcp(ln.Addr())
	require.NoError(t, ln.Close())
	for name, tc := range map[string]struct {
		upstream Address
		reason   string
	}{
		"refused":  {dead, "no response: the server can't be reached: dial tcp " + dead.Address + ": connect: connection refused"},
		"no file":  {Address{"unix", filepath.Join(t.TempDir(), "s")}, "no such file or directory"},
		"not set":  {Address{}, "no response: the server can't be reached: no upstream is set"},
		"no such ": {Address{"carrier pigeon", "x"}, "unknown network"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recorderT(t, RecorderConfig{Upstream: tc.upstream})
			c := dialT(t, r.Addr())
			// The head comes in two parts: the recording still shows it.
			io.WriteString(c, "GET /x HTTP/1.1\r\n")
			io.WriteString(c, "Host: a\r\n\r\n")
			rest, err := io.ReadAll(c)
			assert.NoError(t, err, "an orderly close")
			assert.Empty(t, rest)
			x := waitT(t, r, 0, settledExchange)
			assert.Equal(t, "/x", x.Request.Target)
			assert.Contains(t, x.Incomplete, tc.reason)
			assert.Nil(t, x.Response)
		})
	}
}

func TestRecorderServerDies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		die    func(*net.TCPConn)
		want   error
		reason string
	}{
		"close": {func(c *net.TCPConn) {}, io.ErrUnexpectedEOF, "response cut short: the server closed the connection"},
		"reset": {func(c *net.TCPConn) { c.SetLinger(0) }, syscall.ECONNRESET, "response cut short: the server reset the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan struct{})
			upstream := listenT(t, func(c *net.TCPConn) {
				http.ReadRequest(bufio.NewReader(c))
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
				<-seen // a reset discards what the client has not read
				tc.die(c)
			})
			r := recorderT(t, RecorderConfig{Upstream: upstream})
			response, err := clientT(t).Get("http://" + r.Addr())
			require.NoError(t, err)
			defer response.Body.Close()
			_, err = io.ReadFull(response.Body, make([]byte, 4))
			require.NoError(t, err)
			close(seen)
			_, err = io.ReadAll(response.Body)
			assert.ErrorIs(t, err, tc.want)
			x := waitT(t, r, 0, settledExchange)
			assert.Equal(t, tc.reason, x.Incomplete)
			assert.Equal(t, fetch.PayloadOf([]byte("half")), x.Response.Body)
		})
	}
}

func TestRecorderClientResets(t *testing.T) {
	t.Parallel()
	arrived, end := make(chan struct{}), make(chan error, 1)
	upstream := listenT(t, func(c *net.TCPConn) {
		http.ReadRequest(bufio.NewReader(c))
		close(arrived)
		_, err := io.ReadAll(c)
		end <- err
	})
	r := recorderT(t, RecorderConfig{Upstream: upstream})
	c := dialT(t, r.Addr())
	io.WriteString(c, get)
	<-arrived
	c.SetLinger(0)
	c.Close()
	assert.ErrorIs(t, <-end, syscall.ECONNRESET, "the server sees the reset")
	x := waitT(t, r, 0, settledExchange)
	assert.Equal(t, "no response: the client reset the connection", x.Incomplete)
	assert.Equal(t, "the client reset the connection", r.Connections()[0].Error)
}

func TestRecorderSetUpstream(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	old := serverT(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/hang" {
			close(reached)
			<-q.Context().Done()
		}
		io.WriteString(w, "old")
	})
	now := serverT(t, func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, "new") })
	r := recorderT(t, RecorderConfig{Upstream: tcp(old.Listener.Addr())})

	idle := dialT(t, r.Addr())
	io.WriteString(idle, get)
	reader := bufio.NewReader(idle)
	response, err := http.ReadResponse(reader, nil)
	require.Equal(t, "old", readAll(t, response, err))
	unused := dialT(t, r.Addr())
	flight := dialT(t, r.Addr())
	m := r.Mark()
	io.WriteString(flight, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
	<-reached

	r.SetUpstream(tcp(now.Listener.Addr()))
	x := r.Since(m)[0]
	assert.Equal(t, "no response: the recorder closed the connection, its upstream was changed to "+now.Listener.Addr().String(), x.Incomplete)
	for name, c := range map[string]io.Reader{"idle": reader, "in flight": flight} {
		rest, err := io.ReadAll(c)
		assert.NoError(t, err, "%s: an orderly close", name)
		assert.Empty(t, rest, name)
	}
	// A connection that had reached no server is as good as a new one.
	for _, c := range []net.Conn{unused, dialT(t, r.Addr())} {
		io.WriteString(c, get)
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		assert.Equal(t, "new", readAll(t, response, err))
	}
}

func TestRecorderWait(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := serverT(t, func(w http.ResponseWriter, q *http.Request) {
		<-release
		w.WriteHeader(http.StatusTeapot)
	})
	r := recorderT(t, RecorderConfig{Name: "node", Upstream: tcp(s.Listener.Addr())})
	c := dialT(t, r.Addr())
	m := r.Mark()

	// Each state of the exchange comes by as an event, with nothing polled.
	var states []string
	done := make(chan fetch.Exchange)
	waiting := make(chan struct{}, 10)
	go func() {
		x, err := r.Wait(t.Context(), m, func(x fetch.Exchange) bool {
			states = append(states, fmt.Sprint(x.Response != nil, x.Ended != nil))
			r.Mark() // calling back is allowed
			waiting <- struct{}{}
			return x.Ended != nil
		})
		assert.NoError(t, err)
		done <- x
	}()
	io.WriteString(c, get)
	<-waiting
	close(release)
	x := <-done
	assert.Equal(t, 418, x.Response.Status)
	assert.Equal(t, "false false", states[0])
	assert.Equal(t, "true true", states[len(states)-1])

	ctx, cancel := context.WithCancelCause(t.Context())
	tired := errors.New("tired")
	cancel(tired)
	_, err := r.Wait(ctx, m, func(fetch.Exchange) bool { return false })
	assert.ErrorIs(t, err, tired)
	assert.EqualError(t, err, "wait for an exchange at node: tired; none of the 1 since the mark matched: GET / (418)")
	_, err = r.Wait(ctx, r.Mark(), func(fetch.Exchange) bool { return true })
	assert.EqualError(t, err, "wait for an exchange at node: tired; no request arrived since the mark")

	// Closing the recorder ends a wait.
	ended := make(chan error)
	go func() {
		_, err := r.Wait(context.Background(), m, func(fetch.Exchange) bool { waiting <- struct{}{}; return false })
		ended <- err
	}()
	<-waiting
	require.NoError(t, r.Close())
	assert.ErrorContains(t, <-ended, "the recorder is closed")
	_, err = r.Wait(t.Context(), m, func(x fetch.Exchange) bool { return x.Ended != nil })
	assert.NoError(t, err, "the recording stays readable")
}

func TestRecorderSnapshotsAreCopies(t *testing.T) {
	t.Parallel()
	s := serverT(t, func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, "hello") })
	r := recorderT(t, RecorderConfig{Upstream: tcp(s.Listener.Addr())})
	client := clientT(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // whatever is done to a snapshot, beside the traffic
		for {
			for _, x := range r.Since(0) {
				x.Request.Headers[0] = fetch.Header{"spoilt", ""}
				if x.Response != nil {
					x.Response.Status = 0
					x.Response.Headers[0] = fetch.Header{"spoilt", ""}
				}
				if x.Ended != nil {
					*x.Ended = -1
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 50 {
		response, err := client.Get("http://" + r.Addr())
		readAll(t, response, err)
	}
	close(stop)
	wg.Wait()
	for _, x := range r.Since(0) {
		assert.False(t, x.Request.Headers.Contains("spoilt"))
		assert.False(t, x.Response.Headers.Contains("spoilt"))
		assert.Equal(t, 200, x.Response.Status)
		assert.Positive(t, *x.Ended)
	}
	assert.Len(t, r.Since(40), 10)
	assert.Empty(t, r.Since(r.Mark()))
	assert.Empty(t, r.Since(1<<30))
	assert.Len(t, r.Since(-1), 50)
}

func TestRecorderOpaque(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	require.NoError(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "server first") // so the server is called at once
			io.Copy(io.Discard, c)
			c.Close()
		}
	})
	r := recorderT(t, RecorderConfig{Protocol: ProtocolOpaque, Upstream: Address{"unix", path}})
	for range 2 {
		c := dialT(t, r.Addr())
		_, err := io.ReadFull(c, make([]byte, len("server first")))
		require.NoError(t, err)
		io.WriteString(c, get)
		c.CloseWrite()
		_, err = io.ReadAll(c)
		require.NoError(t, err)
	}
	assert.Empty(t, r.Since(0))
	up, down := r.Bytes()
	assert.Equal(t, int64(2*len(get)), up)
	assert.Equal(t, int64(2*len("server first")), down)
	connections := r.Connections()
	require.Len(t, connections, 2)
	assert.Equal(t, 1, connections[0].Number)
	assert.Empty(t, connections[0].Error)
	assert.LessOrEqual(t, connections[0].Opened, connections[1].Opened)
}

func TestNewRecorderRefuses(t *testing.T) {
	t.Parallel()
	taken := recorderT(t, RecorderConfig{})
	_, port, _ := net.SplitHostPort(taken.Addr())
	ca, err := NewCA()
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		cfg  RecorderConfig
		want string
	}{
		"no name":          {RecorderConfig{}, "start a recorder: it has no name: set RecorderConfig.Name"},
		"unknown protocol": {RecorderConfig{Name: "a", Protocol: "smtp"}, `start recorder a: unknown protocol "smtp": use "http" or "opaque"`},
		"opaque TLS":       {RecorderConfig{Name: "a", Protocol: ProtocolOpaque, TLS: ca}, "start recorder a: TLS is ended for HTTP only: leave RecorderConfig.TLS empty"},
		"outside":          {RecorderConfig{Name: "a", Listen: "0.0.0.0:0"}, `start recorder a: listen on "0.0.0.0:0": not a loopback address: use 127.0.0.1:0`},
		"everywhere":       {RecorderConfig{Name: "a", Listen: ":80"}, `start recorder a: listen on ":80": not a loopback address: use 127.0.0.1:80`},
		"no port":          {RecorderConfig{Name: "a", Listen: "127.0.0.1"}, `start recorder a: listen on "127.0.0.1": address 127.0.0.1: missing port in address`},
		"taken port": {RecorderConfig{Name: "a", Listen: taken.Addr()}, "start recorder a: port " + port + " is already taken: end the program that listens on " +
			taken.Addr() + ", or ask for a free port: listen tcp " + taken.Addr() + ": bind: address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewRecorder(tc.cfg)
			assert.EqualError(t, err, tc.want)
			assert.Equal(t, name == "taken port", errors.Is(err, syscall.EADDRINUSE))
		})
	}
}

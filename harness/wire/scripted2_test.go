package wire

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	h2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/corsproof/corsproof/harness/fetch"
)

const h2Origin = "https://api.test"

func scripted2T(tb testing.TB) (scriptedLab, *http.Client) {
	tb.Helper()
	l := scriptedT(tb)
	l.serve(tb, h2Origin, ServedHTTP2)
	return l, browserT(tb, l.router, l.ca)
}

// An h2Client writes and reads frames.
type h2Client struct {
	*h2.Framer
	conn    net.Conn
	block   strings.Builder
	encoder *hpack.Encoder
}

func (l scriptedLab) h2T(tb testing.TB) *h2Client {
	tb.Helper()
	raw, err := throughT(tb, l.router, "api.test:443")
	require.NoError(tb, err)
	conn := tls.Client(raw, &tls.Config{RootCAs: l.ca.Pool(), ServerName: "api.test", NextProtos: []string{"h2"}})
	_, err = io.WriteString(conn, clientPreface)
	require.NoError(tb, err)
	c := &h2Client{Framer: h2.NewFramer(conn, conn), conn: conn}
	c.encoder = hpack.NewEncoder(&c.block)
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(tb, c.WriteSettings())
	return c
}

func (c *h2Client) request(tb testing.TB, stream uint32, end bool, method, target string, headers ...string) {
	tb.Helper()
	c.block.Reset()
	fields := append([]string{":method", method, ":scheme", "https", ":authority", "API.test:443", ":path", target}, headers...)
	for i := 0; i < len(fields); i += 2 {
		c.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	require.NoError(tb, c.WriteHeaders(h2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(c.block.String()), EndStream: end, EndHeaders: true}))
}

// next returns the next frame of a stream.
func (c *h2Client) next(tb testing.TB, stream uint32) h2.Frame {
	tb.Helper()
	for {
		f, err := c.ReadFrame()
		require.NoError(tb, err)
		if f.Header().StreamID == stream {
			return f
		}
	}
}

func fields(f h2.Frame) (list fetch.HeaderList) {
	for _, h := range f.(*h2.MetaHeadersFrame).Fields {
		list = append(list, fetch.Header{h.Name, h.Value})
	}
	return list
}

func TestScripted2KeepsLines(t *testing.T) {
	t.Parallel()
	l, _ := scripted2T(t)
	long := strings.Repeat("x", 40<<10)
	l.set(t, ScriptedAnswer{
		To: h2Origin + "/a?b", Status: 207, Reason: "not in HTTP/2", Body: "hi",
		Headers:    fetch.HeaderList{{"B", "1"}, {"a", " \u00e9\t"}, {"b", "2"}, {"Empty", ""}, {"Long", long}},
		RawHeaders: []string{"c:v", "no colon"},
	})
	c := l.h2T(t)
	c.request(t, 1, true, "GET", "/a?b", "x", "2", "x", "1")
	want := fetch.HeaderList{{":status", "207"}, {"b", "1"}, {"a", "\xe9"}, {"b", "2"}, {"empty", ""}, {"long", long}, {"c", "v"}}
	if diff := cmp.Diff(want, fields(c.next(t, 1))); diff != "" {
		t.Errorf("order, repeats and bytes survive (-want +got):\n%s", diff)
	}
	data := c.next(t, 1).(*h2.DataFrame)
	assert.Equal(t, "hi", string(data.Data()))
	assert.True(t, data.StreamEnded())

	x := l.exchanges()[0]
	assert.Equal(t, "scripted-h2#1.1", x.ID)
	assert.Equal(t, h2Origin, x.Server)
	assert.Equal(t, "HTTP/2", x.Request.Version)
	assert.Equal(t, []string{"2", "1"}, x.Request.Headers.Lines("x"))
	assert.Equal(t, []string{"1", "2"}, x.Response.Headers.Lines("b"))
	assert.Equal(t, []string{"\u00e9"}, x.Response.Headers.Lines("a"))
	assert.Empty(t, l.Unexpected())
}

func TestScripted2Clients(t *testing.T) {
	t.Parallel()
	l, client := scripted2T(t)
	big := strings.Repeat("0123456789", 1<<18)
	l.set(t,
		ScriptedAnswer{To: h2Origin + "/", Status: 200, Body: "x"},
		ScriptedAnswer{To: h2Origin + "/big", Status: 200, Body: big},
		ScriptedAnswer{To: "HEAD " + h2Origin + "/big", Status: 200, Body: big},
		ScriptedAnswer{To: h2Origin + "/204", Status: 204, Body: "x"},
		ScriptedAnswer{To: h2Origin + "/list", Status: 103},
		ScriptedAnswer{To: h2Origin + "/list", Status: 200, Body: "1"},
		ScriptedAnswer{To: h2Origin + "/list", Status: 200, Body: "2"},
		ScriptedAnswer{To: h2Origin + "/late", Status: 200, Body: "late", Behaviour: BehaviourLateBody, Delay: time.Millisecond},
		ScriptedAnswer{To: h2Origin + "/late-empty", Status: 200, Behaviour: BehaviourLateBody, Delay: time.Millisecond},
		ScriptedAnswer{To: h2Origin + "/late-head", Status: 200, Body: "x", Behaviour: BehaviourLate, Delay: time.Millisecond},
	)
	do := func(method, path, body string) (int, string) {
		request, err := http.NewRequest(method, h2Origin+path, strings.NewReader(body))
		require.NoError(t, err)
		response, err := client.Do(request)
		text := readAll(t, response, err)
		assert.Equal(t, "HTTP/2.0", response.Proto)
		return response.StatusCode, text
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for path, want := range map[string]string{"/": "x", "/big": big, "/204": "", "/late": "late", "/late-empty": "", "/late-head": "x"} {
				_, got := do("POST", path, big[:1<<20])
				assert.True(t, want == got, path)
			}
		})
	}
	wg.Wait()
	_, got := do("HEAD", "/big", "")
	assert.Empty(t, got)
	for _, want := range []string{"1", "2", "2"} {
		_, got := do("GET", "/list", "")
		assert.Equal(t, want, got)
	}
	status, _ := do("GET", "/none", "")
	assert.Equal(t, 404, status)
	assert.Equal(t, []string{"GET " + h2Origin + "/none"}, l.TakeUnexpected())
	for _, x := range l.exchanges() {
		assert.Empty(t, x.Incomplete)
		if x.Request.Method == "POST" {
			assert.EqualValues(t, 1<<20, x.Request.Body.Length)
		}
	}
}

func TestScripted2Behaviours(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[Behaviour]string{
		BehaviourClose:   "no response: the server reset the stream: INTERNAL_ERROR",
		BehaviourReset:   "no response: the server reset the stream: INTERNAL_ERROR",
		BehaviourCut:     "response cut short: the server reset the stream: INTERNAL_ERROR",
		BehaviourGarbage: "no response: ",
	} {
		t.Run(string(behaviour), func(t *testing.T) {
			t.Parallel()
			l, client := scripted2T(t)
			body := "half"
			if behaviour == BehaviourGarbage {
				body = ""
			}
			l.set(t, ScriptedAnswer{To: h2Origin + "/", Status: 200, Body: body, Behaviour: behaviour}, ScriptedAnswer{To: h2Origin + "/next", Status: 200})
			response, err := client.Get(h2Origin + "/")
			if behaviour == BehaviourCut {
				require.NoError(t, err)
				got, err := io.ReadAll(response.Body)
				assert.Error(t, err)
				assert.Equal(t, "ha", string(got))
			} else {
				require.Error(t, err)
			}
			x := waitT(t, l.Recorder(h2Origin), 0, settledExchange)
			assert.Contains(t, x.Incomplete, want)
			response, err = client.Get(h2Origin + "/next")
			readAll(t, response, err)
			connections := 1
			if behaviour == BehaviourGarbage {
				connections = 2
			}
			assert.Len(t, l.Recorder(h2Origin).Connections(), connections, "the connection is others' too")
		})
	}
}

func TestScripted2AnswersDontWaitForEachOther(t *testing.T) {
	t.Parallel()
	l, client := scripted2T(t)
	l.set(t,
		ScriptedAnswer{To: h2Origin + "/late", Status: 200, Behaviour: BehaviourLate, Delay: time.Hour},
		ScriptedAnswer{To: h2Origin + "/silent", Behaviour: BehaviourSilent},
		ScriptedAnswer{To: h2Origin + "/", Status: 200, Body: "x"},
	)
	var wg sync.WaitGroup
	for _, path := range []string{"/late", "/silent"} {
		wg.Go(func() {
			_, err := client.Get(h2Origin + path)
			assert.Error(t, err)
		})
		waitT(t, l.Recorder(h2Origin), 0, func(x fetch.Exchange) bool { return x.Request.Target == path })
	}
	response, err := client.Get(h2Origin + "/")
	assert.Equal(t, "x", readAll(t, response, err))
	start := time.Now()
	require.NoError(t, l.Close())
	assert.Less(t, time.Since(start), patience)
	wg.Wait()
}

// A client that resets its stream, or goes, ends what waits for it.
func TestScripted2ClientGivesUp(t *testing.T) {
	t.Parallel()
	l, _ := scripted2T(t)
	l.set(t,
		ScriptedAnswer{To: h2Origin + "/late", Status: 200, Behaviour: BehaviourLate, Delay: time.Hour},
		ScriptedAnswer{To: h2Origin + "/big", Status: 200, Body: strings.Repeat("x", 1<<20)},
		ScriptedAnswer{To: h2Origin + "/", Status: 204},
	)
	c := l.h2T(t)
	c.request(t, 1, true, "GET", "/late")
	c.request(t, 3, true, "GET", "/big")
	c.next(t, 3)
	c.next(t, 3)
	require.NoError(t, c.WriteRSTStream(3, h2.ErrCodeCancel))
	require.NoError(t, c.WriteWindowUpdate(0, 1<<20))
	c.request(t, 5, true, "GET", "/")
	for {
		f, err := c.ReadFrame()
		require.NoError(t, err)
		if f.Header().StreamID == 5 {
			break
		}
	}
	c.conn.Close()
	waitT(t, l.Recorder(h2Origin), 0, func(x fetch.Exchange) bool { return x.Request.Target == "/late" && settledExchange(x) })
	// The goroutine that waits for the hour ends with its connection.
	require.Eventually(t, func() bool {
		l.speaker.held.mu.Lock()
		defer l.speaker.held.mu.Unlock()
		return len(l.speaker.held.conns) == 0
	}, patience, time.Millisecond)
}

func TestScripted2FlowControl(t *testing.T) {
	t.Parallel()
	l, _ := scripted2T(t)
	const size = 100_000
	l.set(t, ScriptedAnswer{To: h2Origin + "/", Status: 200, Body: strings.Repeat("x", size)})
	c := l.h2T(t)
	require.NoError(t, c.WriteSettings(h2.Setting{ID: h2.SettingInitialWindowSize, Val: 10}))
	c.request(t, 1, true, "GET", "/")
	c.next(t, 1)
	assert.Len(t, c.next(t, 1).(*h2.DataFrame).Data(), 10)
	// The window of a stream that is open moves with the setting.
	require.NoError(t, c.WriteSettings(h2.Setting{ID: h2.SettingInitialWindowSize, Val: 15}))
	assert.Len(t, c.next(t, 1).(*h2.DataFrame).Data(), 5)
	require.NoError(t, c.WriteWindowUpdate(1, size))
	got := 15
	for got < defaultWindow {
		got += len(c.next(t, 1).(*h2.DataFrame).Data())
	}
	assert.Equal(t, defaultWindow, got, "the connection's window is full")
	require.NoError(t, c.WriteWindowUpdate(0, size))
	for ended := false; !ended; {
		f := c.next(t, 1).(*h2.DataFrame)
		got += len(f.Data())
		ended = f.StreamEnded()
	}
	assert.Equal(t, size, got)
}

func TestScripted2Unreadable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		write func(*testing.T, *h2Client)
		want  string
		reset bool // of the stream alone
	}{
		{"upper-case name", func(t *testing.T, c *h2Client) { c.request(t, 1, true, "GET", "/", "UPPER", "1") }, "invalid header field name", true},
		{"no method", func(t *testing.T, c *h2Client) {
			c.WriteHeaders(h2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x87}, EndStream: true, EndHeaders: true})
		}, "malformed request", true},
		{"even stream", func(t *testing.T, c *h2Client) { c.request(t, 2, true, "GET", "/") }, "malformed HTTP/2", false},
		{"bad block", func(t *testing.T, c *h2Client) {
			c.WriteHeaders(h2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff}, EndStream: true, EndHeaders: true})
		}, "malformed HTTP/2", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l, _ := scripted2T(t)
			l.set(t, ScriptedAnswer{To: h2Origin + "/", Status: 204})
			c := l.h2T(t)
			tc.write(t, c)
			if tc.reset {
				assert.IsType(t, &h2.RSTStreamFrame{}, c.next(t, 1))
				c.request(t, 3, true, "GET", "/")
				assert.Equal(t, "204", c.next(t, 3).(*h2.MetaHeadersFrame).PseudoValue("status"))
			} else {
				for {
					f, err := c.ReadFrame()
					require.NoError(t, err)
					if _, ok := f.(*h2.GoAwayFrame); ok {
						break
					}
				}
			}
			require.Len(t, l.Unexpected(), 1)
			assert.Contains(t, l.Unexpected()[0], tc.want)
		})
	}
}

// Who doesn't offer HTTP/2 is served all the same, and who is served HTTP/1.1
// can't choose.
func TestScripted2Fallback(t *testing.T) {
	t.Parallel()
	l, client := scripted2T(t)
	l.serve(t, "https://old.test", ServedHTTP1)
	l.set(t, ScriptedAnswer{To: h2Origin + "/", Status: 200, Body: "x"}, ScriptedAnswer{To: "https://old.test/", Status: 200, Body: "x"})
	old := browserT(t, l.router, l.ca)
	old.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
	old.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	for _, tc := range []struct {
		client      *http.Client
		origin, got string
	}{
		{client, h2Origin, "HTTP/2.0"}, {old, h2Origin, "HTTP/1.1"}, {client, "https://old.test", "HTTP/1.1"}, {old, "https://old.test", "HTTP/1.1"},
	} {
		response, err := tc.client.Get(tc.origin + "/")
		assert.Equal(t, "x", readAll(t, response, err))
		assert.Equal(t, tc.got, response.Proto, fmt.Sprint(tc))
	}
}

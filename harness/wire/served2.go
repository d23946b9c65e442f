package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	h2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/corsproof/corsproof/harness/fetch"
)

const (
	// maxStreams is how many requests of one connection may be unanswered.
	maxStreams = 1000
	// receiveWindow is how much of request bodies may be under way. They are
	// read as they come, so it bounds nothing but round trips.
	receiveWindow = 1 << 20
	// defaultWindow and defaultFrameSize are HTTP/2's: RFC 9113, section 6.5.2.
	defaultWindow    = 65535
	defaultFrameSize = 16384
	// headerTable bounds our HPACK table, whatever the client allows.
	headerTable = 4096
)

// A served2 is one connection of a [speaker] that speaks HTTP/2. net/http
// would sort the header lines. One goroutine reads, answers, and writes
// together what it has when nothing is left to read; an answer that comes late
// has one more.
type served2 struct {
	server *speaker
	scheme string
	conn   net.Conn
	in     *bufio.Reader
	framer *h2.Framer
	gone   chan struct{} // closed once the client is

	mu       sync.Mutex // guards what is below, and all writing
	out      *bufio.Writer
	block    bytes.Buffer
	encoder  *hpack.Encoder
	streams  map[uint32]*servedStream // those not answered whole
	newest   uint32
	window   int64 // how much the client still takes
	initial  int64 // of a new stream's window
	garbled  bool  // what was written last is not HTTP/2, and is the last
	lateness sync.WaitGroup
}

// A servedStream is one request.
type servedStream struct {
	id uint32
	question
	window int64
	// rest is what is left of the response's body; nil before its head.
	rest []byte
	cut  bool // the body is never complete
}

func newServed2(s *speaker, scheme string, conn net.Conn, in io.Reader) *served2 {
	c := &served2{
		server: s, scheme: scheme, conn: conn, out: bufio.NewWriter(conn), gone: make(chan struct{}),
		streams: map[uint32]*servedStream{}, window: defaultWindow, initial: defaultWindow,
	}
	c.in = bufio.NewReader(flushing{c, in})
	c.encoder = hpack.NewEncoder(&c.block)
	c.framer = h2.NewFramer(c.out, c.in)
	c.framer.SetMaxReadFrameSize(defaultFrameSize)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(headerTable, nil)
	c.framer.MaxHeaderListSize = maxHead
	return c
}

// A flushing reader sends what was written before it waits for more.
type flushing struct {
	c  *served2
	in io.Reader
}

func (f flushing) Read(p []byte) (int, error) {
	f.c.mu.Lock()
	f.c.out.Flush()
	f.c.mu.Unlock()
	return f.in.Read(p)
}

// run answers requests until either side ends the connection.
func (c *served2) run() {
	err := c.read()
	close(c.gone)
	c.lateness.Wait()
	if code, ok := errors.AsType[h2.ConnectionError](err); ok && !c.garbled {
		c.server.book.note(c.scheme + ": malformed HTTP/2: " + err.Error())
		c.framer.WriteGoAway(c.newest, h2.ErrCode(code), nil)
	}
	c.out.Flush()
	c.server.linger(c.conn)
}

// read takes frames until the connection is over.
func (c *served2) read() error {
	preface := make([]byte, len(clientPreface))
	if _, err := io.ReadFull(c.in, preface); err != nil || string(preface) != clientPreface {
		return h2.ConnectionError(h2.ErrCodeProtocol)
	}
	c.framer.WriteSettings(
		h2.Setting{ID: h2.SettingMaxConcurrentStreams, Val: maxStreams},
		h2.Setting{ID: h2.SettingInitialWindowSize, Val: receiveWindow},
	)
	c.framer.WriteWindowUpdate(0, receiveWindow-defaultWindow)
	for !c.isGarbled() {
		f, err := c.framer.ReadFrame()
		if stream, ok := errors.AsType[h2.StreamError](err); ok {
			c.refuse(stream)
			continue
		}
		if err == nil {
			err = c.handle(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *served2) isGarbled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.garbled
}

// refuse resets a stream whose frame can't be read.
func (c *served2) refuse(err h2.StreamError) {
	c.server.book.note(c.scheme + ": malformed request: " + err.Error())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newest = max(c.newest, err.StreamID)
	delete(c.streams, err.StreamID)
	if !c.garbled {
		c.framer.WriteRSTStream(err.StreamID, err.Code)
	}
}

// handle takes one frame. An error ends the connection.
func (c *served2) handle(f h2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f := f.(type) {
	case *h2.MetaHeadersFrame:
		return c.headers(f)
	case *h2.DataFrame:
		c.credit(f)
		if s := c.streams[f.StreamID]; s != nil && f.StreamEnded() {
			c.answer(s)
		}
	case *h2.RSTStreamFrame:
		delete(c.streams, f.StreamID)
	case *h2.WindowUpdateFrame:
		c.widen(f)
	case *h2.SettingsFrame:
		return c.settings(f)
	case *h2.PingFrame:
		if !f.IsAck() {
			return c.framer.WritePing(true, f.Data)
		}
	}
	return nil
}

// headers takes a request's head, or its trailers.
func (c *served2) headers(f *h2.MetaHeadersFrame) error {
	if s := c.streams[f.StreamID]; s != nil {
		if f.StreamEnded() {
			c.answer(s)
		}
		return nil
	}
	if f.StreamID <= c.newest {
		return nil // trailers of a request that was given up
	}
	c.newest = f.StreamID
	switch {
	case f.StreamID%2 == 0:
		return h2.ConnectionError(h2.ErrCodeProtocol)
	case f.Truncated || f.PseudoValue("method") == "":
		c.server.book.note(c.scheme + ": malformed request: its head is too long or has no method")
		return c.framer.WriteRSTStream(f.StreamID, h2.ErrCodeProtocol)
	case len(c.streams) >= maxStreams:
		return c.framer.WriteRSTStream(f.StreamID, h2.ErrCodeRefusedStream)
	}
	s := &servedStream{
		id: f.StreamID,
		question: question{
			method: f.PseudoValue("method"),
			origin: requestOrigin(c.scheme, decode([]byte(f.PseudoValue("authority")))),
			target: decode([]byte(f.PseudoValue("path"))),
		},
		window: c.initial,
	}
	s.preflight = isPreflight2(s.method, f)
	c.streams[s.id] = s
	if f.StreamEnded() {
		c.answer(s)
		return nil
	}
	for _, h := range f.RegularFields() {
		if h.Name == "expect" && strings.EqualFold(h.Value, "100-continue") {
			c.writeHead(s, http.StatusContinue, nil, streamOpen)
		}
	}
	return nil
}

// credit lets the client send as much again as it has sent.
func (c *served2) credit(f *h2.DataFrame) {
	n := f.Length
	if n == 0 {
		return
	}
	c.framer.WriteWindowUpdate(0, n)
	if c.streams[f.StreamID] != nil && !f.StreamEnded() {
		c.framer.WriteWindowUpdate(f.StreamID, n)
	}
}

// widen takes what the client allows to be sent.
func (c *served2) widen(f *h2.WindowUpdateFrame) {
	if f.StreamID != 0 {
		if s := c.streams[f.StreamID]; s != nil {
			s.window += int64(f.Increment)
			c.pump(s)
		}
		return
	}
	c.window += int64(f.Increment)
	for _, s := range c.streams {
		c.pump(s)
	}
}

func (c *served2) settings(f *h2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	err := f.ForeachSetting(func(s h2.Setting) error {
		if err := s.Valid(); err != nil {
			return err
		}
		switch s.ID {
		case h2.SettingHeaderTableSize:
			c.encoder.SetMaxDynamicTableSize(min(s.Val, headerTable))
		case h2.SettingInitialWindowSize:
			grown := int64(s.Val) - c.initial
			c.initial = int64(s.Val)
			for _, s := range c.streams {
				s.window += grown
				c.pump(s)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.framer.WriteSettingsAck()
}

func isPreflight2(method string, f *h2.MetaHeadersFrame) bool {
	sent := fetch.SentRequest{Method: method}
	for _, h := range f.RegularFields() {
		sent.Headers = append(sent.Headers, fetch.Header{h.Name, h.Value})
	}
	return sent.IsPreflight()
}

package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/net/http2/hpack"

	"github.com/corsproof/corsproof/harness/fetch"
)

// HTTP/2 frame types and flags that matter to who only reads: RFC 9113,
// section 6.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameRSTStream    = 0x3
	framePushPromise  = 0x5
	frameGoAway       = 0x7
	frameContinuation = 0x9

	flagEndStream  = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20

	frameHeaderLength = 9
)

// clientPreface is what an HTTP/2 client sends first.
const clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// maxHeaderTable bounds the HPACK table that a sender may ask for. A reader on
// the side doesn't take part in the settings, so it allows more than peers do.
const maxHeaderTable = 1 << 20

// A frame is one HTTP/2 frame. For header blocks, payload is the whole block:
// continuations are joined to their first frame.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte // valid until the next frame
	headers     fetch.HeaderList
}

func (f frame) endsStream() bool { return f.flags&flagEndStream != 0 }

// frames reads one direction of an HTTP/2 connection, in portions of any size.
// golang.org/x/net/http2.Framer reads from an io.Reader, so it can't be fed
// before bytes are passed on without a goroutine to wait for.
type frames struct {
	// frame is called for each whole frame, for a header block at its end.
	frame func(frame) error
	// broken is called when the bytes can't be read as HTTP/2.
	broken func(cause string)

	preface string // what must come first
	buf     []byte // the part of a frame that came
	decoder *hpack.Decoder
	fields  fetch.HeaderList // of the block at hand
	size    int              // of fields
	block   frame            // a header block that continues; kind is 0 if none does
	opaque  bool
}

func newFrames(preface string, handle func(frame) error, broken func(string)) *frames {
	f := &frames{preface: preface, frame: handle, broken: broken}
	f.decoder = hpack.NewDecoder(4096, f.emit)
	f.decoder.SetAllowedMaxDynamicTableSize(maxHeaderTable)
	f.decoder.SetMaxStringLength(maxHead)
	return f
}

func (f *frames) emit(h hpack.HeaderField) {
	// A few bytes can stand for long fields many times over.
	if f.size += len(h.Name) + len(h.Value) + 32; f.size > maxHead {
		f.decoder.SetEmitEnabled(false)
		return
	}
	f.fields = append(f.fields, headerLine(decode([]byte(h.Name)), decode([]byte(h.Value))))
}

// feed takes the next bytes.
func (f *frames) feed(p []byte) {
	if f.opaque {
		return
	}
	held := len(f.buf) > 0
	if held {
		f.buf = append(f.buf, p...)
		p = f.buf
	}
	rest, err := f.read(p)
	if err != nil {
		f.stop()
		f.broken(err.Error())
		return
	}
	if f.opaque || held && len(rest) == len(p) {
		return
	}
	f.buf = append(f.buf[:0], rest...)
}

// stop stops reading for good and lets go of what was kept.
func (f *frames) stop() {
	*f = frames{frame: f.frame, broken: f.broken, opaque: true}
}

// read takes whole frames off p and returns the rest.
func (f *frames) read(p []byte) (rest []byte, err error) {
	if n := min(len(f.preface), len(p)); n > 0 {
		if string(p[:n]) != f.preface[:n] {
			return nil, errors.New("it does not begin with the connection preface")
		}
		if n < len(f.preface) {
			return p, nil
		}
		p, f.preface = p[n:], ""
	}
	for len(p) >= frameHeaderLength && !f.opaque {
		length := int(binary.BigEndian.Uint32(p) >> 8)
		whole := frameHeaderLength + length
		if len(p) < whole {
			break
		}
		next := frame{
			kind:    p[3],
			flags:   p[4],
			stream:  binary.BigEndian.Uint32(p[5:]) & (1<<31 - 1),
			payload: p[frameHeaderLength:whole],
		}
		if err := f.take(next); err != nil {
			return nil, err
		}
		p = p[whole:]
	}
	return p, nil
}

// take takes one frame off the wire.
func (f *frames) take(next frame) error {
	if f.block.kind != 0 && (next.kind != frameContinuation || next.stream != f.block.stream) {
		return fmt.Errorf("frame of type %#x within the header block of stream %d", next.kind, f.block.stream)
	}
	switch next.kind {
	case frameData:
		payload, err := unpad(next)
		if err != nil {
			return err
		}
		next.payload = payload
	case frameHeaders, framePushPromise:
		payload, err := unpad(next)
		if err != nil {
			return err
		}
		fixed := 0
		switch {
		case next.kind == framePushPromise:
			fixed = 4
		case next.flags&flagPriority != 0:
			fixed = 5
		}
		if len(payload) < fixed {
			return fmt.Errorf("header frame of %d bytes on stream %d", len(payload), next.stream)
		}
		f.block = next
		f.fields, f.size = make(fetch.HeaderList, 0, 16), 0
		f.decoder.SetEmitEnabled(true)
		return f.takeBlock(payload[fixed:], next.flags)
	case frameContinuation:
		if f.block.kind == 0 {
			return fmt.Errorf("CONTINUATION on stream %d continues nothing", next.stream)
		}
		return f.takeBlock(next.payload, next.flags)
	}
	return f.frame(next)
}

// takeBlock takes a part of a header block.
func (f *frames) takeBlock(part []byte, flags byte) error {
	if _, err := f.decoder.Write(part); err != nil {
		return fmt.Errorf("header block of stream %d: %w", f.block.stream, err)
	}
	if f.size > maxHead {
		return fmt.Errorf("header block of stream %d: longer than %d bytes", f.block.stream, maxHead)
	}
	if flags&flagEndHeaders == 0 {
		return nil
	}
	if err := f.decoder.Close(); err != nil {
		return fmt.Errorf("header block of stream %d: %w", f.block.stream, err)
	}
	whole := f.block
	whole.headers, whole.payload = f.fields, nil
	f.block, f.fields = frame{}, nil
	return f.frame(whole)
}

func unpad(f frame) ([]byte, error) {
	if f.flags&flagPadded == 0 {
		return f.payload, nil
	}
	if len(f.payload) == 0 || int(f.payload[0]) >= len(f.payload) {
		return nil, errors.New("padding longer than its frame")
	}
	return f.payload[1 : len(f.payload)-int(f.payload[0])], nil
}

// errorCode returns the name of an HTTP/2 error code: RFC 9113, section 7.
func errorCode(payload []byte) string {
	if len(payload) < 4 {
		return "no error code"
	}
	names := [...]string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	code := binary.BigEndian.Uint32(payload)
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("error code %#x", code)
}

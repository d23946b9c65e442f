package wire

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Mark is a position in a recording. The zero Mark is its beginning.
type Mark int

// A recording is the list of exchanges that one recorder saw, in the order in
// which their request heads were complete. Parsers write it, [Recorder.Since]
// and [Recorder.Wait] read it. Safe for concurrent use.
type recording struct {
	server  string
	scheme  string // if exchanges are named by their origin
	clock   *Clock
	witness fetch.Witness // who records; empty means a recorder

	mu        sync.Mutex
	entries   []*entry // but those that were forgotten
	forgotten int      // how many
	statuses  map[Asked][]int
	redirects map[Asked]Redirect
	version   uint64        // counts changes
	changed   chan struct{} // closed at the next change; nil if nobody waits
	closed    bool
}

// An entry is one exchange of a recording. Its fields are guarded by the
// recording's lock.
type entry struct {
	exchange fetch.Exchange
	version  uint64 // the recording's at the entry's last change
}

func newRecording(server string, clock *Clock) *recording {
	return &recording{server: server, clock: clock, statuses: map[Asked][]int{}, redirects: map[Asked]Redirect{}}
}

// notify wakes everybody who waits. The lock is held.
func (r *recording) notify() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

func (r *recording) mark() Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Mark(r.forgotten + len(r.entries))
}

// from returns the entries since m. The lock is held.
func (r *recording) from(m Mark) []*entry {
	return r.entries[min(max(int(m)-r.forgotten, 0), len(r.entries)):]
}

// forget lets go of the entries before m.
func (r *recording) forget(m Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.from(m)
	r.forgotten += len(r.entries) - len(kept)
	r.entries = slices.Clone(kept)
}

func (r *recording) since(m Mark) []fetch.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := r.from(m)
	out := make([]fetch.Exchange, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.snapshot())
	}
	return out
}

// wait returns the first exchange since m for which match says yes. Each state
// of each exchange is shown to match once, without the lock held.
func (r *recording) wait(ctx context.Context, m Mark, match func(fetch.Exchange) bool) (fetch.Exchange, error) {
	var seen uint64
	for {
		r.mu.Lock()
		var news []fetch.Exchange
		for _, e := range r.from(m) {
			if e.version > seen {
				news = append(news, e.snapshot())
			}
		}
		seen = r.version
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed, closed := r.changed, r.closed
		r.mu.Unlock()

		for _, x := range news {
			if match(x) {
				return x, nil
			}
		}
		if closed {
			return fetch.Exchange{}, fmt.Errorf("wait for an exchange at %s: the recorder is closed; %s", r.server, r.story(m))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fetch.Exchange{}, fmt.Errorf("wait for an exchange at %s: %w; %s", r.server, context.Cause(ctx), r.story(m))
		}
	}
}

// story says in a line what was recorded since m, for an error message.
func (r *recording) story(m Mark) string {
	const shown = 6
	all := r.since(m)
	if len(all) == 0 {
		return "no request arrived since the mark"
	}
	var parts []string
	for _, x := range all[max(0, len(all)-shown):] {
		became := "not answered yet"
		switch {
		case x.Incomplete != "":
			became = x.Incomplete
		case x.Ended != nil:
			became = fmt.Sprint(x.Response.Status)
		case x.Response != nil:
			became = fmt.Sprintf("%d, body not complete", x.Response.Status)
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s)", x.Request.Method, x.Request.Target, became))
	}
	more := ""
	if len(all) > shown {
		more = fmt.Sprintf(" (last %d)", shown)
	}
	return fmt.Sprintf("none of the %d since the mark matched%s: %s", len(all), more, strings.Join(parts, ", "))
}

func (r *recording) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.notify()
}

// snapshot returns a copy that shares nothing that can change.
func (e *entry) snapshot() fetch.Exchange {
	x := e.exchange
	x.Request.Headers = slices.Clone(x.Request.Headers)
	if x.Ended != nil {
		x.Ended = new(*x.Ended)
	}
	if x.Response != nil {
		x.Response = new(*x.Response)
		x.Response.Headers = slices.Clone(x.Response.Headers)
	}
	return x
}

// A connLog writes the exchanges of one connection to a recording. Its caller
// serialises the calls.
type connLog struct {
	recording *recording
	conn      int
	peer      string
	count     int
}

func (r *recording) connection(number int, peer string) *connLog {
	return &connLog{recording: r, conn: number, peer: peer}
}

// open adds an exchange whose request head is complete. Secrets are replaced
// here, so that no recording holds them.
func (c *connLog) open(request fetch.SentRequest) *entry {
	request.Headers = request.Headers.Redacted()
	kind := fetch.ExchangeRequest
	if request.IsPreflight() {
		kind = fetch.ExchangePreflight
	}
	c.count++
	r := c.recording
	e := &entry{exchange: fetch.Exchange{
		ID:      fmt.Sprintf("%s#%d.%d", r.server, c.conn, c.count),
		Server:  r.serverOf(request),
		Witness: cmp.Or(r.witness, fetch.WitnessRecorder),
		Kind:    kind,
		Peer:    c.peer,
		Request: request,
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.exchange.Started = r.clock.Now()
	r.entries = append(r.entries, e)
	r.touch(e)
	return e
}

// serverOf is Exchange.Server of a request.
func (r *recording) serverOf(request fetch.SentRequest) string {
	if r.scheme == "" {
		return r.server
	}
	if authority := authorityOf(request); authority != "" {
		return requestOrigin(r.scheme, authority)
	}
	return r.server
}

// authorityOf returns the host, and the port if it isn't the default one, that a
// request names; empty if it names none.
func authorityOf(request fetch.SentRequest) string {
	name := "Host"
	if request.Version == http2Version {
		name = ":authority"
	}
	if lines := request.Headers.Lines(name); len(lines) > 0 {
		return lines[0]
	}
	return ""
}

func (r *recording) touch(e *entry) {
	r.version++
	e.version = r.version
	r.notify()
}

// requestBody sets the body of a request, whole or as far as it came.
func (c *connLog) requestBody(e *entry, body fetch.Payload) {
	r := c.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	e.exchange.Request.Body = body
	r.touch(e)
}

// respond sets the head of the response.
func (c *connLog) respond(e *entry, response fetch.SentResponse) {
	response.Headers = response.Headers.Redacted()
	r := c.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	e.exchange.Response = &response
	r.index(e)
	r.touch(e)
}

// complete sets the response's body and its end.
func (c *connLog) complete(e *entry, body fetch.Payload) {
	r := c.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	e.exchange.Response.Body = body
	e.exchange.Ended = new(r.clock.Now())
	r.touch(e)
}

// lose says that the rest of the response will not come, and keeps what came.
func (c *connLog) lose(e *entry, body fetch.Payload, cause string) {
	r := c.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.exchange.Response != nil {
		e.exchange.Response.Body = body
		r.spoil(e, "response cut short: "+cause)
		return
	}
	r.spoil(e, "no response: "+cause)
}

// spoil notes why the exchange is incomplete; the first reason stays.
func (c *connLog) spoil(e *entry, reason string) {
	c.recording.mu.Lock()
	defer c.recording.mu.Unlock()
	c.recording.spoil(e, reason)
}

// spoil is [connLog.spoil] with the lock held.
func (r *recording) spoil(e *entry, reason string) {
	if e.exchange.Incomplete == "" {
		e.exchange.Incomplete = reason
	}
	r.touch(e)
}

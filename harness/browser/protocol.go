package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// A session is what the protocol tells of one tab: its frames, its requests,
// its console, and what its script reports. chromedp hands over the events of a
// tab one by one, in the order in which they arrive, none lost; a session takes
// them under its lock and works nothing out. Safe for concurrent use.
type session struct {
	binding string

	mu       sync.Mutex
	changed  chan struct{} // closed at the next change; nil if nobody waits
	frames   map[string]cdp.FrameID
	requests map[network.RequestID]*request
	// order holds every request since the last [session.reset], preflights
	// included, in the order of their first events.
	order []*request
	// running holds the requests of each slot since its last report.
	running  map[cdp.FrameID][]*request
	preceded map[network.RequestID][]*request // preflights by the request they serve
	reports  []report
	console  []string
	failure  error
}

// A request is the protocol's account of one request and its redirects.
type request struct {
	id        network.RequestID
	frame     cdp.FrameID
	preflight bool
	serves    network.RequestID // of a preflight
	kind      network.ResourceType
	hops      []hop
	sent      int     // how many hops the network stack reported as sent
	statuses  []int64 // raw status of each response head that arrived
	received  *network.Response
	finished  bool
	failed    *network.EventLoadingFailed
	fromCache bool
}

// A hop is one URL of a request's URL list.
type hop struct{ method, url string }

// ended reports whether no event of r is to be expected any more.
func (r *request) ended() bool { return r.finished || r.failed != nil }

// A report is what page.js says of one call.
type report struct {
	Round int    `json:"round"`
	Index int    `json:"index"`
	Slot  string `json:"slot"`
	// URL is the call's URL as the page's URL parser understands it, without
	// its fragment; empty if it does not parse.
	URL         string      `json:"url"`
	Kind        string      `json:"kind"`
	Error       string      `json:"error"`
	Type        string      `json:"type"`
	Status      int         `json:"status"`
	ResponseURL string      `json:"responseURL"`
	Redirected  bool        `json:"redirected"`
	Headers     [][2]string `json:"headers"`
	// Body is the whole body, or absent in favour of what follows it.
	Body   *string `json:"body"`
	Digest string  `json:"digest"`
	Length int64   `json:"length"`
	Prefix string  `json:"prefix"`

	requests []*request
}

func newSession(binding string) *session {
	s := &session{binding: binding, frames: map[string]cdp.FrameID{}}
	s.clear()
	return s
}

// clear forgets requests and reports. The lock is held, or s is new.
func (s *session) clear() {
	s.requests = map[network.RequestID]*request{}
	s.running = map[cdp.FrameID][]*request{}
	s.preceded = map[network.RequestID][]*request{}
	s.order = nil
	s.reports = nil
}

// reset begins a new window: what was seen so far is forgotten. A request that
// is under way stays unknown to the new window.
func (s *session) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

// fail makes every wait end with err.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		s.failure = err
	}
	s.notify()
}

func (s *session) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// wait returns nil once done, called with the lock held, says so. It returns
// the cause of ctx's end, or the session's failure, if that comes first.
func (s *session) wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		if done() {
			s.mu.Unlock()
			return nil
		}
		if s.failure != nil {
			defer s.mu.Unlock()
			return s.failure
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// listen takes one event. It is called by the goroutine that reads the tab's
// messages.
func (s *session) listen(ev any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		s.willBeSent(ev)
	case *network.EventRequestWillBeSentExtraInfo:
		s.at(ev.RequestID).sent++
	case *network.EventResponseReceivedExtraInfo:
		r := s.at(ev.RequestID)
		r.statuses = append(r.statuses, ev.StatusCode)
	case *network.EventResponseReceived:
		r := s.at(ev.RequestID)
		r.received = ev.Response
		r.fromCache = r.fromCache || ev.Response.FromDiskCache || ev.Response.FromPrefetchCache
	case *network.EventRequestServedFromCache:
		s.at(ev.RequestID).fromCache = true
	case *network.EventLoadingFinished:
		s.at(ev.RequestID).finished = true
	case *network.EventLoadingFailed:
		s.at(ev.RequestID).failed = ev
	case *runtime.EventBindingCalled:
		s.reported(ev)
	case *page.EventFrameNavigated:
		if ev.Frame.Name != "" {
			s.frames[ev.Frame.Name] = ev.Frame.ID
		}
	case *runtime.EventConsoleAPICalled:
		s.console = append(s.console, string(ev.Type)+": "+consoleText(ev.Args))
	case *runtime.EventExceptionThrown:
		s.console = append(s.console, "exception: "+exceptionText(ev.ExceptionDetails))
	case *log.EventEntryAdded:
		text := string(ev.Entry.Level) + ": " + ev.Entry.Text
		if ev.Entry.URL != "" {
			text += " (" + ev.Entry.URL + ")"
		}
		s.console = append(s.console, text)
	default:
		return
	}
	s.notify()
}

// at returns the request with the id. The network service's events may come
// before the renderer's.
func (s *session) at(id network.RequestID) *request {
	r := s.requests[id]
	if r == nil {
		r = &request{id: id}
		s.requests[id] = r
	}
	return r
}

func (s *session) willBeSent(ev *network.EventRequestWillBeSent) {
	r := s.at(ev.RequestID)
	if len(r.hops) == 0 {
		s.order = append(s.order, r)
		r.kind = ev.Type
		if ev.Initiator != nil && ev.Initiator.Type == network.InitiatorTypePreflight {
			r.preflight = true
			r.serves = ev.Initiator.RequestID
			s.preceded[r.serves] = append(s.preceded[r.serves], r)
		} else {
			r.frame = ev.FrameID
			s.running[r.frame] = append(s.running[r.frame], r)
		}
	}
	r.hops = append(r.hops, hop{ev.Request.Method, ev.Request.URL})
}

func (s *session) reported(ev *runtime.EventBindingCalled) {
	if ev.Name != s.binding {
		return
	}
	var r report
	if err := json.Unmarshal([]byte(ev.Payload), &r); err != nil {
		s.failure = fmt.Errorf("read a report of the page script: %w", err)
		return
	}
	// All that the slot's frame requested since its last report is this call's:
	// both kinds of event come from the renderer, in order.
	if frame, ok := s.frames[r.Slot]; ok {
		r.requests = s.running[frame]
		delete(s.running, frame)
	}
	s.reports = append(s.reports, r)
}

// preflights returns the preflights of r in the order of their events. The lock
// is held.
func (s *session) preflights(r *request) []*request { return s.preceded[r.id] }

func (s *session) consoleLines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.console)
}

func consoleText(args []*runtime.RemoteObject) string {
	text := ""
	for i, a := range args {
		if i > 0 {
			text += " "
		}
		var s string
		switch {
		case len(a.Value) > 0 && json.Unmarshal(a.Value, &s) == nil:
			text += s
		case len(a.Value) > 0:
			text += string(a.Value)
		default:
			text += a.Description
		}
	}
	return text
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

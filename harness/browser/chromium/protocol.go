package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/corsproof/corsproof/harness/browser/witness"
)

// A session is what the protocol tells of one tab: its log, what its script
// reports and, while the Network domain is on, its requests. chromedp hands
// over the events of a tab one by one, in the order in which they arrive, none
// lost; a session takes them under its lock and works nothing out. Safe for
// concurrent use.
type session struct {
	binding string

	mu      sync.Mutex
	changed chan struct{} // closed at the next change; nil if nobody waits
	failure error

	loaded       bool // the page was, since the session began
	reports      []witness.Report
	explanations []explanation
	console      []string

	requests map[network.RequestID]*request
	// order holds every request since the last [session.reset], preflights
	// included, in the order of their first events.
	order      []*request
	preflights map[network.RequestID][]*request // by the request they serve
}

// A request is the protocol's account of one request and its redirects.
type request struct {
	witness.Request
	kind     network.ResourceType
	received *network.Response
	finished bool
	failed   *network.EventLoadingFailed
}

// ended reports whether no event of r is to be expected any more.
func (r *request) ended() bool { return r.finished || r.failed != nil }

// fetched is what the protocol told of a request, as every engine tells it.
func (r *request) fetched() *witness.Request {
	out := r.Request
	if r.received != nil {
		out.ResponseStatus = int(r.received.Status)
	}
	if f := r.failed; f != nil {
		out.Failure = &witness.Failure{ErrorText: f.ErrorText, BlockedReason: string(f.BlockedReason)}
		if status := f.CorsErrorStatus; status != nil {
			out.Failure.CORSError, out.Failure.FailedParameter = string(status.CorsError), status.FailedParameter
		}
	}
	return &out
}

func newSession(binding string) *session {
	s := &session{binding: binding}
	s.clear()
	return s
}

// clear forgets requests and reports. The lock is held, or s is new.
func (s *session) clear() {
	s.requests = map[network.RequestID]*request{}
	s.preflights = map[network.RequestID][]*request{}
	s.order = nil
	s.reports = nil
	s.explanations = nil
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
		s.at(ev.RequestID).Sent++
	case *network.EventResponseReceivedExtraInfo:
		r := s.at(ev.RequestID)
		r.Statuses = append(r.Statuses, int(ev.StatusCode))
	case *network.EventResponseReceived:
		r := s.at(ev.RequestID)
		r.received = ev.Response
		r.FromCache = r.FromCache || ev.Response.FromDiskCache || ev.Response.FromPrefetchCache
	case *network.EventRequestServedFromCache:
		s.at(ev.RequestID).FromCache = true
	case *network.EventLoadingFinished:
		s.at(ev.RequestID).finished = true
	case *network.EventLoadingFailed:
		s.at(ev.RequestID).failed = ev
	case *page.EventLoadEventFired:
		s.loaded = true
	case *runtime.EventBindingCalled:
		s.reported(ev)
	case *runtime.EventConsoleAPICalled:
		s.say(string(ev.Type) + ": " + consoleText(ev.Args))
	case *runtime.EventExceptionThrown:
		s.say("exception: " + exceptionText(ev.ExceptionDetails))
	case *log.EventEntryAdded:
		s.say(consoleLine(ev.Entry))
		if x, ok := explain(ev.Entry); ok {
			s.explanations = append(s.explanations, x)
		}
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
		r = &request{Request: witness.Request{ID: string(id)}}
		s.requests[id] = r
	}
	return r
}

func (s *session) willBeSent(ev *network.EventRequestWillBeSent) {
	r := s.at(ev.RequestID)
	if len(r.Hops) == 0 {
		s.order = append(s.order, r)
		r.kind = ev.Type
		if ev.Initiator != nil && ev.Initiator.Type == network.InitiatorTypePreflight {
			r.Preflight = true
			s.preflights[ev.Initiator.RequestID] = append(s.preflights[ev.Initiator.RequestID], r)
		}
	}
	r.Hops = append(r.Hops, witness.Hop{Method: ev.Request.Method, URL: ev.Request.URL})
}

func (s *session) reported(ev *runtime.EventBindingCalled) {
	if ev.Name != s.binding {
		return
	}
	var reports []witness.Report
	if err := json.Unmarshal([]byte(ev.Payload), &reports); err != nil {
		s.failure = fmt.Errorf("read a report of the page script: %w", err)
		return
	}
	s.reports = append(s.reports, reports...)
}

// consoleLimit is how many lines of the console a session keeps.
const consoleLimit = 1000

// say keeps a line of the console. The lock is held.
func (s *session) say(line string) {
	if len(s.console) >= consoleLimit {
		s.console = append(s.console[:0], s.console[consoleLimit/2:]...)
	}
	s.console = append(s.console, line)
}

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

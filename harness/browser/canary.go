package browser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A Canary tests that a browser enforces CORS: a cross-origin call that must be blocked
// is blocked by the CORS check after a response arrived, and a call that must be allowed
// can be read.
type Canary struct {
	// Router is the browser's only network access.
	Router *wire.Router
	// Clock is the clock of the run.
	Clock *wire.Clock
	// Open opens a page of the browser at origin that observes one recorder.
	Open func(ctx context.Context, origin string, recorder *wire.Recorder) (Page, error)
	// Server answers the calls. Nil means a server that allows every origin on /open, and
	// none on /closed.
	Server http.HandlerFunc
}

// Prove runs the test. The error is a [*CanaryError] if the browser does not enforce
// CORS. It uses its own servers on loopback, which it routes and stops.
func (c Canary) Prove(ctx context.Context) error {
	if c.Server == nil {
		c.Server = canaryServer
	}
	page, endPage, err := c.serve(canaryPage)

	if err != nil {
		return err
	}
	defer endPage()
	server, endServer, err := c.serve(c.Server)
	if err != nil {
		return err
	}
	defer endServer()
	recorder, err := wire.NewRecorder(wire.RecorderConfig{
		Name:     "canary",
		Upstream: wire.Address{Network: "tcp", Address: server},
		Clock:    c.Clock,
	})
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	defer recorder.Close()
	c.Router.Route(recorder.Addr(), recorder.Addr())
	defer c.Router.Remove(recorder.Addr())

	p, err := c.Open(ctx, "http://"+page, recorder)
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	defer p.Close()
	target := "http://" + recorder.Addr()
	got := map[string]fetch.Trace{}
	err = p.Observe(ctx, []Job{
		{ID: "closed", Request: fetch.Request{URL: target + "/closed"}},
		{ID: "open", Request: fetch.Request{URL: target + "/open"}},
	}, func(o Observation) { got[o.ID] = o.Trace })
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	return errors.Join(mustBlock(got["closed"]), mustAllow(got["open"]))
}

// canaryServer allows each origin on /open, and none on /closed.
func canaryServer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/open" {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	fmt.Fprint(w, canaryBody)
}

const canaryBody = "canary"

// phaseCORSCheck is https://fetch.spec.whatwg.org/#concept-cors-check.
const phaseCORSCheck = "concept-cors-check"

func canaryPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><title>canary</title>`)
}

// serve serves on a loopback port that the browser has a route to.
func (c Canary) serve(handler http.HandlerFunc) (addr string, end func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("canary: %w", err)
	}
	addr = listener.Addr().String()
	server := &http.Server{Handler: handler}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener)
	}()
	c.Router.Route(addr, addr)
	return addr, func() {
		c.Router.Remove(addr)
		server.Close()
		<-served
	}, nil
}

func mustBlock(t fetch.Trace) error {
	const call, want = "a cross-origin GET answered without Access-Control-Allow-Origin", "a network error by the CORS check, after the answer"
	if t.Outcome.Kind == fetch.OutcomeUnknown {
		return fmt.Errorf("canary: %s: %s", call, t.Outcome.Error)
	}
	b := t.Outcome.Block
	if t.Outcome.Kind == fetch.OutcomeNetworkError && b != nil && b.Phase == phaseCORSCheck &&
		len(t.Exchanges) == 1 && t.Exchanges[0].Response != nil {
		return nil
	}
	return &CanaryError{Call: call, Want: want, Got: describe(t)}
}

func mustAllow(t fetch.Trace) error {
	const call, want = `a cross-origin GET answered with "Access-Control-Allow-Origin: *"`, "a response of type cors with its body"
	if t.Outcome.Kind == fetch.OutcomeUnknown {
		return fmt.Errorf("canary: %s: %s", call, t.Outcome.Error)
	}
	r := t.Outcome.Response
	if t.Outcome.Readable() && r.Type == fetch.ResponseCORS && r.Body.Prefix == canaryBody {
		return nil
	}
	return &CanaryError{Call: call, Want: want, Got: describe(t)}
}

// describe says in a few words what came of a call.
func describe(t fetch.Trace) string {
	text := string(t.Outcome.Kind)
	if r := t.Outcome.Response; r != nil {
		text += fmt.Sprintf(" of type %s, status %d, %d bytes", r.Type, r.Status, r.Body.Length)
	}
	if t.Outcome.Error != "" {
		text += " " + fmt.Sprintf("%q", t.Outcome.Error)
	}
	if b := t.Outcome.Block; b != nil {
		text += " (" + b.Code + ")"
	}
	return fmt.Sprintf("%s, %d exchanges", text, len(t.Exchanges))
}

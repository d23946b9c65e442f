package wire

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// A ServedProtocol is what is spoken at an origin.
type ServedProtocol string

const (
	// ServedHTTP1 is HTTP/1.1.
	ServedHTTP1 ServedProtocol = "http/1.1"
	// ServedHTTP2 is HTTP/2, and HTTP/1.1 for who doesn't offer it. Only for
	// https: no browser speaks it in the clear.
	ServedHTTP2 ServedProtocol = "h2"
	// ServedRefused is nothing: the connection is refused.
	ServedRefused ServedProtocol = "refused"
)

// applicationProtocols returns what to agree on within TLS, best first.
func (p ServedProtocol) applicationProtocols() []string {
	switch p {
	case ServedHTTP1:
		return []string{"http/1.1"}
	case ServedHTTP2:
		return []string{"h2", "http/1.1"}
	}
	return nil
}

// A ScriptedConfig configures a [Scripted].
type ScriptedConfig struct {
	// Router gets a route for each origin. Required.
	Router *Router
	// CA signs for https origins. Nil: there can be none.
	CA *CA
	// Clock is the run's. Default: one that starts now.
	Clock *Clock
	// Timeouts bounds what the recorders wait for.
	Timeouts Timeouts
}

// A Scripted is a server that says what it is told to, byte for byte, at any
// number of origins. It stands behind recorders of its own: what it was asked
// and what it said is in their recordings like that of any other server, with
// the origin as Exchange.Server.
//
// Each origin also answers the harness's own paths, see [IsOwnTarget]. A request
// that no answer is for is answered 404, without a header of the CORS protocol,
// and noted, see [Scripted.Unexpected].
//
// All methods are safe for concurrent use. Close ends it.
type Scripted struct {
	cfg       ScriptedConfig
	script    script
	speaker   *speaker
	door      *door
	recorders map[recorderKind]*Recorder
	listeners []net.Listener

	mu     sync.Mutex
	served map[string]servedOrigin // by origin
	closed bool
}

type servedOrigin struct {
	hostport string
	protocol ServedProtocol
}

// A recorderKind is what one recorder of a Scripted stands for.
type recorderKind struct {
	scheme   string
	protocol ServedProtocol
}

// recorderNames says which recorders there are, in order.
var recorderNames = []struct {
	kind recorderKind
	name string
}{
	{recorderKind{"http", ServedHTTP1}, "scripted-http"},
	{recorderKind{"https", ServedHTTP1}, "scripted-https"},
	{recorderKind{"https", ServedHTTP2}, "scripted-h2"},
}

// NewScripted returns a Scripted that serves nothing yet. The caller closes it.
func NewScripted(cfg ScriptedConfig) (*Scripted, error) {
	if cfg.Router == nil {
		return nil, errors.New("start a scripted server: ScriptedConfig.Router is not set")
	}
	cfg.Clock = cfg.Clock.orNew()
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	s := &Scripted{
		cfg:       cfg,
		script:    script{answers: map[string][]*preparedAnswer{}},
		recorders: map[recorderKind]*Recorder{},
		served:    map[string]servedOrigin{},
	}
	s.speaker = newSpeaker(&s.script, cfg.Timeouts)
	if err := s.start(); err != nil {
		s.Close()
		return nil, fmt.Errorf("start a scripted server: %w", err)
	}
	return s, nil
}

// start listens for plain and for secure connections, and puts the recorders in
// front.
func (s *Scripted) start() (err error) {
	if s.door, err = newDoor(); err != nil {
		return err
	}
	upstream := map[string]Address{}
	for _, scheme := range []string{"http", "https"} {
		ln, err := listenLoopback("127.0.0.1:0")
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, ln)
		upstream[scheme] = Address{Network: "tcp", Address: ln.Addr().String()}
		s.speaker.listen(scheme, ln)
	}
	for _, r := range recorderNames {
		cfg := RecorderConfig{
			Name: r.name, Naming: NamingOrigin, Upstream: upstream[r.kind.scheme], AnswersOwn: true, Clock: s.cfg.Clock, Timeouts: s.cfg.Timeouts,
		}
		if r.kind.scheme == "https" {
			if s.cfg.CA == nil {
				continue
			}
			cfg.TLS, cfg.TerminateAs = s.cfg.CA, r.kind.protocol
		}
		if s.recorders[r.kind], err = NewRecorder(cfg); err != nil {
			return err
		}
	}
	return nil
}

// Serve makes an origin, as in "https://api.test" or "http://api.test:8080",
// one of the server's, and routes it. An origin that is served already is no
// error if the protocol is the same.
func (s *Scripted) Serve(origin string, protocol ServedProtocol) error {
	if err := s.serveOrigin(origin, protocol); err != nil {
		return fmt.Errorf("serve scripted origin %q: %w", origin, err)
	}
	return nil
}

func (s *Scripted) serveOrigin(origin string, protocol ServedProtocol) error {
	o, err := parsePageOrigin(origin)
	if err != nil {
		return err
	}
	kind := recorderKind{o.scheme, protocol}
	known := slices.ContainsFunc(recorderNames, func(r struct {
		kind recorderKind
		name string
	}) bool {
		return r.kind == kind
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	before, served := s.served[o.String()]
	address := s.door.Addr()
	switch {
	case s.closed:
		return errors.New("the scripted server is closed")
	case served && before.protocol == protocol:
		return nil
	case served:
		return fmt.Errorf("it is served as %s already", before.protocol)
	case protocol == ServedRefused:
	case !known:
		return fmt.Errorf("%s over %q: use %q for http, and it or %q for https, or %q", o.scheme, protocol, ServedHTTP1, ServedHTTP2, ServedRefused)
	case s.recorders[kind] == nil:
		return errors.New("an https origin needs ScriptedConfig.CA")
	default:
		address = s.recorders[kind].Addr()
	}
	s.served[o.String()] = servedOrigin{o.hostport(), protocol}
	s.cfg.Router.Route(o.hostport(), address)
	return nil
}

// Set replaces the answers of each key in To that it is given answers of.
// Several answers of one key come one after another, the last one again and
// again. An answer that can't be written is an error, and then none is set. The
// origins need not be served yet.
func (s *Scripted) Set(answers ...ScriptedAnswer) error { return s.script.set(answers) }

// Remove takes the answers of keys, as in [ScriptedAnswer].To, away.
func (s *Scripted) Remove(keys ...string) { s.script.remove(keys) }

// Unexpected returns the requests that no answer was for, in order, as in
// "GET https://api.test/x".
func (s *Scripted) Unexpected() []string { return s.script.taken(false) }

// TakeUnexpected does the same, and forgets them.
func (s *Scripted) TakeUnexpected() []string { return s.script.taken(true) }

// Recorders returns the recorders that stand in front of the server.
func (s *Scripted) Recorders() []*Recorder {
	var all []*Recorder
	for _, r := range recorderNames {
		if recorder := s.recorders[r.kind]; recorder != nil {
			all = append(all, recorder)
		}
	}
	return all
}

// Recorder returns the recorder that an origin is routed to; nil if it is not
// served, or refused.
func (s *Scripted) Recorder(origin string) *Recorder {
	o, err := parsePageOrigin(origin)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recorders[recorderKind{o.scheme, s.served[o.String()].protocol}]
}

// Close ends the server and its recorders, whatever it was about to answer, and
// takes its routes back. The recordings stay readable. It is idempotent.
func (s *Scripted) Close() error {
	s.mu.Lock()
	s.closed = true
	served := s.served
	s.served = map[string]servedOrigin{}
	s.mu.Unlock()
	s.speaker.end()
	for _, o := range served {
		s.cfg.Router.Remove(o.hostport)
	}
	for _, ln := range s.listeners {
		ln.Close()
	}
	var errs []error
	for _, r := range s.recorders {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	s.speaker.wait()
	if s.door != nil {
		errs = append(errs, s.door.Close())
	}
	return errors.Join(errs...)
}

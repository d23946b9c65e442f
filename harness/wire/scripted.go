package wire

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// A ServedProtocol is the protocol at an origin.
type ServedProtocol string

const (
	// ServedHTTP1 is HTTP/1.1.
	ServedHTTP1 ServedProtocol = "http/1.1"
	// ServedHTTP2 is HTTP/2, and HTTP/1.1 for clients that do not offer HTTP/2. It is
	// only for https: no browser uses HTTP/2 without TLS.
	ServedHTTP2 ServedProtocol = "h2"
	// ServedRefused means that connections are refused.
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
	// CA signs certificates of https origins. If nil, there are none.
	CA *CA
	// Clock is the clock of the run. Default: a new one that starts now.
	Clock *Clock
	// Timeouts bound the waits of the recorders.
	Timeouts Timeouts
}

// A Scripted is a server that sends exactly the bytes it is given, at any number of
// origins. It has its own recorders: their recordings contain its requests and responses
// like those of any other server, with the origin as Exchange.Server.
//
// Each origin also serves the harness's own paths, see [IsOwnTarget]. A request without
// an answer gets a 404 without a header of the CORS protocol, and is recorded, see
// [Scripted.Unexpected].
//
// All methods are safe for concurrent use. Close stops it.
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
		s.speaker.listen(scheme, ln, nil)
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

// Serve adds an origin, such as "https://api.test" or "http://api.test:8080", to the
// server and routes it. It returns no error for an origin that is already served with the
// same protocol.
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

// Set replaces the answers for each To in answers. Several answers with the same To are
// used one after another; the last one is repeated. If an answer cannot be written, Set
// returns an error and changes nothing. The origins need not be served yet.
func (s *Scripted) Set(answers ...ScriptedAnswer) error { return s.script.set(answers) }

// Remove removes the answers of keys, as in [ScriptedAnswer].To.
func (s *Scripted) Remove(keys ...string) { s.script.remove(keys) }

// Unexpected returns the requests without an answer, in order, as in "GET
// https://api.test/x".
func (s *Scripted) Unexpected() []string { return s.script.taken(false) }

// TakeUnexpected returns the same as Unexpected, and forgets the requests.
func (s *Scripted) TakeUnexpected() []string { return s.script.taken(true) }

// Recorders returns the recorders in front of the server.
func (s *Scripted) Recorders() []*Recorder {
	var all []*Recorder
	for _, r := range recorderNames {
		if recorder := s.recorders[r.kind]; recorder != nil {
			all = append(all, recorder)
		}
	}
	return all
}

// Recorder returns the recorder to which an origin is routed; nil if the origin is not
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

// Close stops the server and its recorders at once, and removes its routes. The
// recordings stay readable. It is idempotent.
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

package servers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// Ports says which public ports a system uses.
type Ports string

const (
	// PortsFree binds port 0 and reads back the assigned port.
	PortsFree Ports = "free"
	// PortsStory binds the ports that every tutorial uses: FastAPI 8000, Node 5000. The
	// page host binds the page's port, 5173 ([StoryPageOrigin]).
	PortsStory Ports = "story"
)

// The addresses of the story.
const (
	StoryPageOrigin = "http://127.0.0.1:5173"
	storyFastAPI    = "127.0.0.1:8000"
	storyNode       = "127.0.0.1:5000"
	anyPort         = "127.0.0.1:0"
)

// Config configures a [System].
type Config struct {
	Run       *process.Run // owns the processes; required
	Clock     *wire.Clock  // times the recordings; required
	CA        *wire.CA     // signs the certificates of mechanisms; required by them
	Installed *Installed   // what [Install] returned; required
	Ports     Ports        // empty means [PortsFree]

	// Gone is called once if a server exits unexpectedly, with an error that names it and
	// shows the end of its log. Nil means that it is not called.
	Gone func(error)

	// Progress is called for each server that is ready, possibly concurrently. Nil means
	// that it is not called.
	Progress func(what string, took time.Duration)

	Timeouts Timeouts
}

// Timeouts bound the waits of a system. A zero field means its default.
type Timeouts struct {
	// Ready bounds the time from the start of a server to its first response: 30 s.
	Ready time.Duration
	// Stop bounds the time for PostgreSQL to stop by itself: 2 s.
	Stop time.Duration
}

func (t Timeouts) ready() time.Duration { return orDefault(t.Ready, 30*time.Second) }
func (t Timeouts) stop() time.Duration  { return orDefault(t.Stop, 2*time.Second) }

func orDefault(d, def time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return def
}

// A System is the system under proof, all of it real: FastAPI, Node.js, PostgreSQL and
// nginx, with a recorder in front of each. Its public addresses never change;
// [System.Set] exchanges the servers behind them.
//
// Its methods may be called concurrently, but a Setup applies to everybody.
type System struct {
	// FastAPI, Node and Gateway record HTTP; Postgres counts connections and bytes.
	FastAPI, Node, Gateway, Postgres *wire.Recorder
	// Front is where nginx accepts TLS, for [MechanismMTLS]. It counts connections and
	// bytes; Node's recorder shows the requests.
	Front *wire.Recorder
	// Mesh is the same for the Envoy in front of Node, for [MechanismMesh].
	Mesh *wire.Recorder

	cfg         Config
	credentials credentials
	postgres    *postgres

	mu         sync.Mutex // guards what follows
	closed     bool
	instances  map[instanceKey]*instance
	network    *Network   // nil before it is needed
	networking sync.Mutex // held while the network is made
	identities map[string]*wire.Identity
	behind     map[*wire.Recorder]wire.Address
	folders    int
	gone       sync.Once
}

// Start starts PostgreSQL and the servers of the zero [Setup], concurrently. The caller
// closes the system; on an error Start has closed everything.
func Start(ctx context.Context, cfg Config) (*System, error) {
	s := &System{cfg: cfg, credentials: newCredentials(), instances: map[instanceKey]*instance{}, identities: map[string]*wire.Identity{}, behind: map[*wire.Recorder]wire.Address{}}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.postgres = newPostgres(s)
	// The first that fails ends the start of the others.
	together, starting := errgroup.WithContext(ctx)
	together.Go(func() error { return s.StartPostgres(starting) })
	together.Go(func() error { return s.Set(starting, Setup{}) })
	if err := together.Wait(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *System) listen() error {
	fastapi, node := anyPort, anyPort
	if s.cfg.Ports == PortsStory {
		fastapi, node = storyFastAPI, storyNode
	}
	for _, r := range []struct {
		to       **wire.Recorder
		name     string
		listen   string
		protocol wire.Protocol
	}{
		{&s.FastAPI, "fastapi", fastapi, wire.ProtocolHTTP},
		{&s.Node, "node", node, wire.ProtocolHTTP},
		{&s.Gateway, "nginx", anyPort, wire.ProtocolHTTP},
		{&s.Postgres, "postgres", anyPort, wire.ProtocolOpaque},
		{&s.Front, "nginx-tls", anyPort, wire.ProtocolOpaque},
		{&s.Mesh, "envoy-node", anyPort, wire.ProtocolOpaque},
	} {
		recorder, err := wire.NewRecorder(wire.RecorderConfig{Name: r.name, Listen: r.listen, Protocol: r.protocol, Clock: s.cfg.Clock})
		if err != nil {
			return fmt.Errorf("open the port of %s: %w", r.name, err)
		}
		*r.to = recorder
	}
	return nil
}

// Recorders returns the recorders of the HTTP servers, including those in the network
// once it exists.
func (s *System) Recorders() []*wire.Recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*wire.Recorder{s.FastAPI, s.Node, s.Gateway}, s.network.recorders()...)
}

// Set configures the servers behind the public addresses as the setup says. It starts a
// server that was not yet started in this configuration; the others keep running for
// later use. It closes connections to a server that is exchanged, so that none outlives
// its configuration.
func (s *System) Set(ctx context.Context, setup Setup) error {
	together, starting := errgroup.WithContext(ctx)
	var places []place
	together.Go(func() (err error) {
		places, err = s.places(starting, setup)
		return err
	})
	if setup.Mechanism.networked() {
		together.Go(func() error {
			network, err := s.startNetwork(starting)
			if err != nil {
				return err
			}
			return network.set(starting, setup.enforced())
		})
	}
	if err := together.Wait(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range places {
		if s.behind[p.recorder] != p.address {
			s.behind[p.recorder] = p.address
			p.recorder.SetUpstream(p.address)
		}
	}
	return nil
}

// Prepare starts the servers that the setup needs without changing anything, so that a
// later Set is fast. It may run concurrently with everything else.
func (s *System) Prepare(ctx context.Context, setup Setup) error {
	_, err := s.places(ctx, setup)
	return err
}

// A place is a server behind a recorder.
type place struct {
	recorder *wire.Recorder
	key      instanceKey
	address  wire.Address
}

// places returns the servers of the setup, all of them running.
func (s *System) places(ctx context.Context, setup Setup) ([]place, error) {
	m := setup.enforced()
	fastapi := instanceKey{server: fastapiServer, cors: setup.FastAPI, mechanism: m.of(fastapiServer)}
	node := instanceKey{server: nodeServer, cors: setup.Node, mechanism: m.of(nodeServer), credentials: setup.credentials()}
	places := []place{{recorder: s.Node, key: node}, {recorder: s.Gateway, key: instanceKey{server: nginxServer, cors: setup.Gateway, twice: setup.GatewayTwice}}}
	switch {
	case setup.Mechanism == MechanismMTLS:
		places = append(places, place{recorder: s.Front, key: instanceKey{server: frontServer, mechanism: m.of(frontServer)}})
	case setup.Mechanism == MechanismMesh:
		beside, err := s.instance(ctx, instanceKey{server: callerSidecar})
		if err != nil {
			return nil, err
		}
		fastapi.sidecar = beside.Address
		places = append(places, place{recorder: s.Mesh, key: instanceKey{server: serviceSidecar, mechanism: m.of(serviceSidecar)}})
	case setup.Mechanism.networked():
		network, err := s.startNetwork(ctx)
		if err != nil {
			return nil, err
		}
		fastapi.networked = true
		places = append(places, place{recorder: network.Public, key: fastapi}, place{recorder: network.Node, key: node})
	}
	places = append(places, place{recorder: s.FastAPI, key: fastapi})
	together, ctx := errgroup.WithContext(ctx)
	for i := range places {
		together.Go(func() (err error) {
			places[i].address, err = s.instance(ctx, places[i].key)
			return err
		})
	}
	return places, together.Wait()
}

// Put places a server that the system did not start, such as one in a container, behind
// the recorder until the next call of Set.
func (s *System) Put(r *wire.Recorder, address wire.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind[r] != address {
		s.behind[r] = address
		r.SetUpstream(address)
	}
}

// Behind returns the address of the server behind the recorder.
func (s *System) Behind(r *wire.Recorder) wire.Address {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behind[r]
}

// Close stops the servers at once and closes the ports. It is idempotent.
func (s *System) Close() error {
	s.mu.Lock()
	s.closed = true
	instances := s.instances
	s.instances = map[instanceKey]*instance{}
	s.mu.Unlock()

	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	end := func(stop func() error) {
		wg.Go(func() {
			if err := stop(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	ctx := context.Background() // each Stop has the bound of its process
	for _, i := range instances {
		end(func() error {
			<-i.started
			if i.child == nil {
				return nil
			}
			return i.child.Stop(ctx)
		})
	}
	if s.postgres != nil {
		end(func() error { return s.StopPostgres(ctx) })
	}
	wg.Wait()
	for _, r := range append(s.network.recorders(), s.FastAPI, s.Node, s.Gateway, s.Postgres, s.Front, s.Mesh) {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// watch tells Config.Gone of a child that ends while the system is open.
func (s *System) watch(name string, child *process.Child, expected func() bool) {
	go func() {
		<-child.Done()
		s.mu.Lock()
		closed := s.closed
		s.mu.Unlock()
		if closed || expected() || s.cfg.Gone == nil {
			return
		}
		s.gone.Do(func() {
			s.cfg.Gone(fmt.Errorf("%s exited during the run (%v); its output ends:\n%s", name, child.Err(), child.LogTail(logLines)))
		})
	}()
}

// logLines is how much of a server's log an error shows.
const logLines = 12

func (s *System) progress(what string, since time.Time) {
	if s.cfg.Progress != nil {
		s.cfg.Progress(what, time.Since(since))
	}
}

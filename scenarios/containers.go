package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// Containers returns the rows about containers, in order: neither Docker nor Kubernetes
// enforces CORS. They need a Docker Engine with the images, or a cluster; otherwise they
// are not run. The values are fresh; you may change them.
func Containers() []Row {
	rows := append(dockerRows(), kubernetesRow())
	for i := range rows {
		rows[i].Number = i + 1
	}
	return rows
}

func dockerRows() []Row {
	docker := platform{
		place: servers.PlaceContainers, unit: "container", way: "on an internal network", published: "published port",
	}
	rows := []Row{{
		Name:     "container-to-container",
		Sentence: "Docker enforces nothing: container to container needs no CORS",
		Legs:     docker.among(),
	}, {
		Name:     "published-port",
		Sentence: "Docker enforces nothing: a published port, seen from the browser, needs CORS",
		Legs:     docker.fromBrowser(),
	}}
	for i := range rows {
		rows[i].Test, rows[i].Missing, rows[i].Part = "TestContainers", missingContainers, PartDocker
	}
	return rows
}

// A platform is what the services run on in containers, and its words.
type platform struct {
	place     servers.Place
	unit      string // what a service runs in
	way       string // how Node is reached
	published string // what the page reaches FastAPI by
}

// on is a setup whose services run on the platform.
func (p platform) on(setup func(page string) servers.Setup) func(page string) servers.Setup {
	return func(page string) servers.Setup {
		s := setup(page)
		s.Place = p.place
		return s
	}
}

// among shows that one service reads the other without CORS.
func (p platform) among() []Leg {
	return []Leg{{
		Role:  report.RoleExperiment,
		Tried: fmt.Sprintf("Node's %s without CORS, %s; FastAPI's asks it for the page, and httpx there with the page's Origin", p.unit, p.way),
		Setup: p.on(corsInFastAPI),
		Run: func(ctx context.Context, b *Bench) error {
			shown, err := b.click(ctx, listFastAPI, fetch.Request{})
			if err != nil {
				return err
			}
			if err := b.expectOrders(ctx, shown); err != nil {
				return err
			}
			b.expectOneAnswer(shown, b.System.FastAPI.Name(), "GET", 200)
			call, err := b.callAmong(ctx)
			if err != nil {
				return err
			}
			b.Expect(!call.Headers.Contains("Access-Control-Allow-Origin"),
				"Node's %s answered with Access-Control-Allow-Origin, though its CORS is off", p.unit)
			ways, err := b.expectWays(ctx)
			if err != nil {
				return err
			}
			b.Enforced("%s", harness.EnforcerNobody)
			b.Evidence("%d orders, as in SQL; Node's answer has no Access-Control-Allow-Origin; %s", len(shown.Orders), ways)
			return nil
		},
	}, {
		Role:  report.RoleControl,
		Tried: fmt.Sprintf("the same, then with CORS in Node's %s: is there a difference?", p.unit),
		Setup: p.on(corsInFastAPI), Then: p.on(corsInFastAPIAndNode),
		Run: func(ctx context.Context, b *Bench) error {
			var answers []fetch.SentResponse
			var calls []*fetch.ReadResponse
			for i := range 2 {
				if i == 1 {
					if err := b.change(ctx); err != nil {
						return err
					}
				}
				shown, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				if err := b.expectOrders(ctx, shown); err != nil {
					return err
				}
				answers = append(answers, b.expectOneAnswer(shown, b.System.FastAPI.Name(), "GET", 200))
				call, err := b.callAmong(ctx)
				if err != nil {
					return err
				}
				calls = append(calls, call)
			}
			b.Expect(!calls[0].Headers.Contains("Access-Control-Allow-Origin"), "Node's %s answered with Access-Control-Allow-Origin, though its CORS is off", p.unit)
			b.Expect(calls[1].Headers.Contains("Access-Control-Allow-Origin"), "Node's %s answered without Access-Control-Allow-Origin, though its CORS is on", p.unit)
			b.Expect(answers[0].Body.Digest == answers[1].Body.Digest, "the page got other bytes: %s without CORS in Node, %s with it", answers[0].Body.Digest, answers[1].Body.Digest)
			b.Expect(calls[0].Body.Digest == calls[1].Body.Digest, "httpx got other bytes: %s without CORS in Node, %s with it", calls[0].Body.Digest, calls[1].Body.Digest)
			b.Enforced("%s", harness.EnforcerNobody)
			b.Evidence("no difference: the same %d bytes reach the page, and httpx in FastAPI's %s", answers[1].Body.Length, p.unit)
			return nil
		},
	}}
}

// fromBrowser shows that the page needs CORS.
func (p platform) fromBrowser() []Leg {
	return []Leg{{
		Role:  report.RoleExperiment,
		Tried: fmt.Sprintf("FastAPI's %s without CORS: the same request at its %s by the page, by Go net/http and by curl", p.unit, p.published),
		Setup: p.on(corsNowhere),
		Run: func(ctx context.Context, b *Bench) error {
			shown, err := b.click(ctx, listFastAPI, fetch.Request{})
			if err != nil {
				return err
			}
			b.expectBlocked(shown, missingAllowOrigin)
			answered := b.expectOneAnswer(shown, b.System.FastAPI.Name(), "GET", 200)
			b.Expect(!answered.Headers.Contains("Access-Control-Allow-Origin"),
				"FastAPI's %s answered with Access-Control-Allow-Origin, though its CORS is off", p.unit)
			direct, err := b.direct(ctx, shown.Trace.Request)
			if err != nil {
				return err
			}
			b.expectRead(direct, 200)
			if _, err := b.expectWays(ctx); err != nil {
				return err
			}
			who, why := harness.WhoEnforced(shown.Trace, direct...)
			b.Expect(who == harness.EnforcerBrowser, "who enforced is %s: %s", who, why)
			b.Enforced("%s", who)
			b.Evidence("%s", why)
			return nil
		},
	}, {
		Role:  report.RoleControl,
		Tried: fmt.Sprintf("the same, CORS on for the page's origin in FastAPI's %s", p.unit),
		Setup: p.on(corsInFastAPI),
		Run: func(ctx context.Context, b *Bench) error {
			shown, err := b.click(ctx, listFastAPI, fetch.Request{})
			if err != nil {
				return err
			}
			return b.expectAllowed(ctx, shown, b.System.FastAPI.Name())
		},
	}}
}

// callAmong asks Node for the orders with httpx where FastAPI runs, with the page's
// Origin, and returns what it read, which has to be an answer.
func (b *Bench) callAmong(ctx context.Context) (*fetch.ReadResponse, error) {
	call := b.containers.callNode
	if b.place == servers.PlaceKubernetes {
		call = b.cluster.services.CallNode
	}
	trace, err := call(ctx, "/orders", b.Page)
	if err != nil {
		return nil, err
	}
	if err := b.called(trace); err != nil {
		return nil, err
	}
	b.expectRead([]fetch.Trace{trace}, 200)
	if trace.Outcome.Response == nil {
		return &fetch.ReadResponse{}, nil
	}
	return trace.Outcome.Response, nil
}

// expectWays expects that no way but FastAPI's leads in from outside, and says
// which.
func (b *Bench) expectWays(ctx context.Context) (string, error) {
	if b.place == servers.PlaceKubernetes {
		return b.expectServices(ctx)
	}
	return b.expectPorts()
}

// expectPorts expects that FastAPI's container publishes one port and Node's none.
func (b *Bench) expectPorts() (string, error) {
	fastapi, node, err := b.containers.services.Ports()
	if err != nil {
		return "", err
	}
	b.Fact("publishedPorts", map[string][]string{"fastapi": fastapi, "node": node})
	b.Fact("dockerEngine", b.containers.engine.Version)
	b.Expect(len(fastapi) == 1 && len(node) == 0, "FastAPI's container publishes %v and Node's %v: it had to be one and none", fastapi, node)
	return fmt.Sprintf("Node's container publishes no port, FastAPI's %s", strings.Join(fastapi, ", ")), nil
}

// containers are the services in containers, once a row has asked for them.
type containers struct {
	engine   *container.Engine
	services *container.Services
}

// missingContainers says what lacks to run the services in containers, as it was
// when the first row asked.
func missingContainers(ctx context.Context, s *Stage) string {
	s.lacking.once.Do(func() { s.lacking.containers = container.Missing(ctx, s.cfg.Installed) })
	return s.lacking.containers
}

// CloseContainers stops everything in containers and releases the engine, so that another
// process can use it. A row that needs containers starts them again.
func (s *Stage) CloseContainers() error {
	err := errors.Join(s.containers.close(), s.closeCluster())
	s.containers = containers{}
	return err
}

// setContainers puts FastAPI's container of the setup behind FastAPI's recorder.
func (s *Stage) setContainers(ctx context.Context, setup servers.Setup) error {
	if err := s.openContainers(ctx); err != nil {
		return err
	}
	// What doesn't run in a container is as in the zero setup.
	if err := s.System.Set(ctx, servers.Setup{}); err != nil {
		return err
	}
	published, err := s.containers.services.Set(ctx, setup)
	if err != nil {
		return err
	}
	s.System.Put(s.System.FastAPI, published)
	return nil
}

// openContainers opens an engine, the first time. A failure is not kept: who asks
// next tries again.
func (s *Stage) openContainers(ctx context.Context) (err error) {
	if s.containers.services != nil {
		return nil
	}
	engine, err := container.Open(ctx, container.EngineConfig{Run: s.Lab.Run, Dir: s.cfg.Installed.Dir, Progress: s.cfg.Progress, Timeouts: s.cfg.Timeouts.Containers})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, engine.Close())
		}
	}()
	images, err := engine.Images(ctx, s.cfg.Installed, nil)
	if err != nil {
		return err
	}
	services, err := container.Start(ctx, container.Config{
		Engine: engine, Images: images, Database: s.System.DatabaseSocket, Progress: s.cfg.Progress,
	})
	if err == nil {
		s.containers = containers{engine, services}
	}
	return err
}

func (c *containers) callNode(ctx context.Context, path, origin string) (fetch.Trace, error) {
	return c.services.CallNode(ctx, path, origin)
}

// close ends the engine, or lets go of it.
func (c containers) close() error {
	if c.services == nil {
		return nil
	}
	return errors.Join(c.services.Close(), c.engine.Close())
}

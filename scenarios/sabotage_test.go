package scenarios

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

type sabotageCase struct {
	name  string
	why   string
	arm   func(t *testing.T, s *Stage) sabotage
	fails []string // names of rows
}

// Each sabotage breaks one thing in the system. The rows that it must make fail
// follow from what they claim, not from a run: a row that fails beyond them
// rests on something that it doesn't say, one that holds doesn't test what it
// says.
var sabotages = []sabotageCase{{
	name: "fastapi-always-allows",
	why:  "what CORS in FastAPI decides is decided for everybody; behind the gateway it is said twice",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.FastAPI = "*"
		return s
	}),
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "curl-to-fastapi", "gateway-once", "every-caller"},
}, {
	name: "fastapi-never-allows",
	why:  "rows whose page reads through FastAPI can't read; behind the gateway it is said once where twice is expected",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.FastAPI = servers.CORSOff
		return s
	}),
	fails: []string{"react-to-fastapi", "fastapi-to-node", "node-to-database", "gateway-once", "every-caller"},
}, {
	name: "node-always-allows",
	why:  "Node's own answers change; FastAPI's don't",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.Node = "*"
		return s
	}),
	fails: []string{"fastapi-to-node", "react-to-node", "gateway-once"},
}, {
	name: "node-never-allows",
	why:  "a control that changes Node's CORS changes nothing",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.Node = servers.CORSOff
		return s
	}),
	fails: []string{"fastapi-to-node", "react-to-node", "gateway-once"},
}, {
	name: "gateway-says-it-twice",
	why:  "only one row asks the gateway",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.GatewayTwice = true
		return s
	}),
	fails: []string{"gateway-once"},
}, {
	name:  "server-enforces",
	why:   "FastAPI without CORS refuses whoever names an origin: then the browser is not the one who enforces",
	arm:   serverEnforces,
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "curl-to-fastapi", "gateway-once", "every-caller"},
}, {
	name:  "one-client-is-refused",
	why:   "FastAPI refuses whoever says it is httpx: only one row asks by httpx",
	arm:   refusing("python-httpx/"),
	fails: []string{"every-caller"},
}, {
	name:  "one-client-gets-other-bytes",
	why:   "newman reads the same orders with a blank more: only the digests tell",
	arm:   padding("PostmanRuntime/"),
	fails: []string{"every-caller"},
}, {
	name: "web-security-off",
	why:  "a browser that doesn't enforce blocks nothing; what works with CORS works still",
	arm: func(t *testing.T, s *Stage) sabotage {
		unenforced, err := s.Lab.Unenforced(t.Context())
		require.NoError(t, err)
		return sabotage{engine: unenforced}
	},
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "react-to-node", "curl-to-fastapi", "gateway-once", "every-caller"},
}, {
	name:  "database-forgets",
	why:   "an insert that leaves no row breaks the rows that count one",
	arm:   databaseForgets,
	fails: []string{"preflight-protects-the-write", "node-to-database"},
}, {
	name: "database-down",
	why:  "no row proves anything over an empty or failing list",
	arm: func(t *testing.T, s *Stage) sabotage {
		t.Cleanup(func() { require.NoError(t, s.System.StartPostgres(context.WithoutCancel(t.Context()))) })
		return sabotage{each: func(ctx context.Context) error { return s.System.StopPostgres(ctx) }}
	},
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "fastapi-to-node",
		"node-to-database", "react-to-node", "curl-to-fastapi", "gateway-once", "every-caller"},
}}

func setups(change func(servers.Setup) servers.Setup) func(*testing.T, *Stage) sabotage {
	return func(*testing.T, *Stage) sabotage { return sabotage{setup: change} }
}

func TestSabotage(t *testing.T) {
	t.Parallel()
	testSabotages(t, testStage(t, groupProof), Proof(), sabotages)
}

// testSabotages runs the rows under each sabotage.
func testSabotages(t *testing.T, stage *Stage, all []Row, sabotages []sabotageCase) {
	for _, tc := range sabotages {
		t.Run(tc.name, func(t *testing.T) {
			stage.sabotage = tc.arm(t, stage)
			defer func() { stage.sabotage = sabotage{} }()
			var rows []report.Row
			var failed []string
			for _, row := range all {
				rows = append(rows, report.Row{Name: row.Name})
				last := &rows[len(rows)-1]
				// One leg that fails is a row that fails: the others are spared.
				for _, leg := range row.Legs {
					done := leg.run(t.Context(), stage)
					last.Legs = append(last.Legs, done)
					if done.End != report.EndProven {
						failed = append(failed, row.Name)
						break
					}
				}
			}
			if diff := cmp.Diff(tc.fails, failed); diff != "" {
				t.Errorf("rows that fail under %s (%s) (-want +got):\n%s", tc.name, tc.why, diff)
				for _, row := range rows {
					for _, leg := range row.Legs {
						t.Logf("%s, %s: %q %s", row.Name, leg.Tried, leg.Failures, leg.Unknown)
					}
				}
			}
		})
	}
	t.Run("every row has one", func(t *testing.T) {
		for _, row := range all {
			require.True(t, slices.ContainsFunc(sabotages, func(s sabotageCase) bool { return slices.Contains(s.fails, row.Name) }), row.Name)
		}
	})
}

// serverEnforces puts a guard before a FastAPI without CORS that refuses every
// request that names an origin.
func serverEnforces(t *testing.T, s *Stage) sabotage {
	withoutCORS := func(setup servers.Setup) bool { return setup.FastAPI == servers.CORSOff }
	return guard(t, s, withoutCORS, func(r *http.Request) bool { return r.Header.Get("Origin") != "" }, nil)
}

// refusing puts a guard before FastAPI, whatever its CORS, that refuses one
// client.
func refusing(userAgent string) func(*testing.T, *Stage) sabotage {
	return func(t *testing.T, s *Stage) sabotage {
		return guard(t, s, always, func(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), userAgent) }, nil)
	}
}

// padding puts a guard before FastAPI, whatever its CORS, that adds a blank to
// what one client is answered.
func padding(userAgent string) func(*testing.T, *Stage) sabotage {
	return func(t *testing.T, s *Stage) sabotage {
		return guard(t, s, always, nil, func(answer *http.Response) error {
			if !strings.HasPrefix(answer.Request.UserAgent(), userAgent) {
				return nil
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body = io.NopCloser(strings.NewReader(string(body) + " "))
			answer.Header.Set("Content-Length", strconv.Itoa(len(body)+1))
			return err
		})
	}
}

func always(servers.Setup) bool { return true }

// guard puts a proxy before FastAPI in the legs with such a setup, which answers
// 403 to what it refuses and alters the other answers.
func guard(t *testing.T, s *Stage, when func(servers.Setup) bool, refuse func(*http.Request) bool, alter func(*http.Response) error) sabotage {
	var behind atomic.Value // FastAPI's own socket: a wire.Address; a dial may outlast its leg
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "fastapi"})
	proxy.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		to := behind.Load().(wire.Address)
		return new(net.Dialer).DialContext(ctx, to.Network, to.Address)
	}}
	proxy.ModifyResponse = alter
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse != nil && refuse(r) {
			http.Error(w, "not allowed", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	standing := false
	t.Cleanup(func() { s.System.FastAPI.SetUpstream(s.System.Behind(s.System.FastAPI)) })
	return sabotage{after: func(setup servers.Setup) {
		own := s.System.Behind(s.System.FastAPI)
		behind.Store(own)
		switch {
		case when(setup):
			s.System.FastAPI.SetUpstream(wire.Address{Network: "tcp", Address: server.Listener.Addr().String()})
			standing = true
		case standing:
			s.System.FastAPI.SetUpstream(own)
			standing = false
		}
	}}
}

// databaseForgets makes PostgreSQL drop each new order silently.
func databaseForgets(t *testing.T, s *Stage) sabotage {
	exec := func(ctx context.Context, sql string) {
		conn, err := s.System.SQL(ctx)
		require.NoError(t, err)
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, sql)
		require.NoError(t, err)
	}
	exec(t.Context(), `CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER forget BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION forget()`)
	t.Cleanup(func() {
		exec(context.WithoutCancel(t.Context()), `DROP TRIGGER forget ON orders; DROP FUNCTION forget()`)
	})
	return sabotage{}
}

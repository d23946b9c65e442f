package scenarios

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

type sabotageCase struct {
	name  string
	why   string
	arm   func(t *testing.T, s *Stage) sabotage
	fails []string // names of rows

	// holds are the rows that have to hold, out of many that can't notice: none of
	// their requests is one that the sabotage alters. Nil means all that don't fail.
	holds []string
	// backwards: a row's last leg is the likeliest to fail, so it is the first to run.
	backwards bool
}

// fullVar makes the sabotages run every leg of every row.
const fullVar = "CORSPROOF_FULL"

func full() bool { return os.Getenv(fullVar) == "1" }

// rows returns the rows to run.
func (c sabotageCase) rows(all []Row) []Row {
	if c.holds == nil || full() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(r Row) bool {
		return !slices.Contains(c.fails, r.Name) && !slices.Contains(c.holds, r.Name)
	})
}

// legs returns the legs of the row to run. One whose setups the sabotage leaves as
// they are is none of them: it would do what it does for [testRows] once more.
func (c sabotageCase) legs(row Row, page string, s sabotage) []Leg {
	legs := slices.DeleteFunc(slices.Clone(row.Legs), func(l Leg) bool {
		return !full() && !s.breaks(l.Setup(page)) && (l.Then == nil || !s.breaks(l.Then(page)))
	})
	if c.backwards {
		slices.Reverse(legs)
	}
	return legs
}

// breaks reports whether there is a difference under the setup.
func (s sabotage) breaks(setup servers.Setup) bool {
	return s.engine != nil || s.each != nil || s.after == nil && s.setup == nil || // whatever the setup
		s.setup != nil && s.setup(setup) != setup ||
		s.after != nil && (s.within == nil || s.within(setup))
}

// fastAPISays has FastAPI's CORS be as given in every setup, nodeSays Node's.
func fastAPISays(c servers.CORS) func(*testing.T, *Stage) sabotage {
	return setups(func(s servers.Setup) servers.Setup {
		s.FastAPI = c
		return s
	})
}

func nodeSays(c servers.CORS) func(*testing.T, *Stage) sabotage {
	return setups(func(s servers.Setup) servers.Setup {
		s.Node = c
		return s
	})
}

// unenforced is a browser that doesn't enforce CORS.
func unenforced(t *testing.T, s *Stage) sabotage {
	engine, err := s.Lab.Unenforced(t.Context())
	require.NoError(t, err)
	return sabotage{engine: engine}
}

// Each sabotage breaks one thing in the system. The rows that it must make fail
// follow from what they claim, not from a run: a row that fails beyond them
// rests on something that it doesn't say, one that holds doesn't test what it
// says.
var sabotages = []sabotageCase{{
	name:  "fastapi-always-allows",
	why:   "what CORS in FastAPI decides is decided for everybody; behind the gateway it is said twice",
	arm:   fastAPISays("*"),
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "curl-to-fastapi", "gateway-once", "every-caller"},
}, {
	name:  "fastapi-never-allows",
	why:   "rows whose page reads through FastAPI can't read; behind the gateway it is said once where twice is expected",
	arm:   fastAPISays(servers.CORSOff),
	fails: []string{"react-to-fastapi", "fastapi-to-node", "node-to-database", "gateway-once", "every-caller"},
}, {
	name:  "node-always-allows",
	why:   "Node's own answers change; FastAPI's don't",
	arm:   nodeSays("*"),
	fails: []string{"fastapi-to-node", "react-to-node", "gateway-once"},
}, {
	name:  "node-never-allows",
	why:   "a control that changes Node's CORS changes nothing",
	arm:   nodeSays(servers.CORSOff),
	fails: []string{"fastapi-to-node", "react-to-node", "gateway-once"},
}, {
	name: "gateway-says-it-twice",
	why:  "only one row has a gateway that says it at all",
	arm: setups(func(s servers.Setup) servers.Setup {
		s.GatewayTwice = s.Gateway != servers.CORSOff
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
	fails: []string{"every-caller"}, holds: []string{"browser-enforces"},
}, {
	name:  "one-client-gets-other-bytes",
	why:   "newman reads the same orders with a blank more: only the digests tell",
	arm:   padding("PostmanRuntime/"),
	fails: []string{"every-caller"}, holds: []string{"fastapi-to-node"},
}, {
	name:  "web-security-off",
	why:   "a browser that doesn't enforce blocks nothing; what works with CORS works still",
	arm:   unenforced,
	fails: []string{"react-to-fastapi", "browser-enforces", "preflight-protects-the-write", "react-to-node", "curl-to-fastapi", "gateway-once", "every-caller"},
}, {
	name:  "database-forgets",
	why:   "an insert that leaves no row breaks the rows that count one; no other inserts any",
	arm:   databaseForgets,
	fails: []string{"preflight-protects-the-write", "node-to-database"}, holds: []string{"react-to-fastapi"},
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
	testSabotages(t, testStage(t), Proof(), sabotages)
}

// testSabotages runs the rows under each sabotage.
func testSabotages(t *testing.T, stage *Stage, all []Row, sabotages []sabotageCase) {
	for _, tc := range sabotages {
		t.Run(tc.name, func(t *testing.T) {
			stage.sabotage = tc.arm(t, stage)
			defer func() { stage.sabotage = sabotage{} }()
			var rows []report.Row
			var failed []string
			for _, row := range tc.rows(all) {
				rows = append(rows, report.Row{Name: row.Name})
				last := &rows[len(rows)-1]
				legs := tc.legs(row, stage.Page, stage.sabotage)
				require.False(t, len(legs) == 0 && slices.Contains(tc.holds, row.Name), "%s shows nothing: no leg of it runs", row.Name)
				// One leg that fails is a row that fails: the others are spared.
				for _, leg := range legs {
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

// A leg is spared just if nothing in it can differ from what testRows has run.
func TestSabotageSparesWhatItLeavesAlone(t *testing.T) {
	t.Parallel()
	const page = "http://page.example"
	leg := func(tried string, setup, then func(string) servers.Setup) Leg {
		return Leg{Tried: tried, Setup: setup, Then: then}
	}
	row := Row{Legs: []Leg{leg("off", corsNowhere, nil), leg("on", corsInFastAPI, nil), leg("off, then on", corsNowhere, corsInFastAPI)}}
	off := func(s servers.Setup) servers.Setup { s.FastAPI = servers.CORSOff; return s }
	isOn := func(s servers.Setup) bool { return s.FastAPI != servers.CORSOff }
	after := func(servers.Setup) {}
	each := func(context.Context) error { return nil }
	every := []string{"off", "on", "off, then on"}
	for _, tc := range []struct {
		name      string
		s         sabotage
		backwards bool
		want      []string
	}{
		{"a setup", sabotage{setup: off}, false, []string{"on", "off, then on"}},
		{"a setup, backwards", sabotage{setup: off}, true, []string{"off, then on", "on"}},
		{"a guard within", sabotage{after: after, within: isOn}, false, []string{"on", "off, then on"}},
		{"a guard always", sabotage{after: after}, false, every},
		{"the browser", sabotage{engine: new(chromium.Browser)}, false, every},
		{"the browser, and a setup", sabotage{engine: new(chromium.Browser), setup: off}, false, every},
		{"before each", sabotage{each: each}, false, every},
		{"what no field tells", sabotage{}, false, every},
	} {
		var ran []string
		for _, l := range (sabotageCase{backwards: tc.backwards}).legs(row, page, tc.s) {
			ran = append(ran, l.Tried)
		}
		want := tc.want
		if full() {
			want = every
			if tc.backwards {
				want = []string{"off, then on", "on", "off"}
			}
		}
		require.Equal(t, want, ran, tc.name)
	}
}

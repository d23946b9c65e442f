// Package harness combines the other packages for people who write scenarios.
//
// A [Lab] has everything that one experiment needs: a run that owns its processes and
// folder, a page host, a certificate authority, a routing table, one real Chromium
// whose canary showed that it enforces CORS, and direct clients. A scenario opens a
// page at an origin, fetches from it, sends the same request directly, and asks who
// enforced ([WhoEnforced]). [Lab.CallAll] and [Differential] compare all callers.
//
// Package check checks a target against a policy, package cases runs written cases.
// Both use this package, and it imports neither.
//
// The package decides nothing about a request itself: browser, direct and wire
// observe, and the comparison is a pure function of their traces.
//
// # Allowed imports
//
// deps_test.go has this table of imports as data and checks it.
//
//	fetch, process        none of this module
//	strict                none of this module
//	console, story        fetch
//	pasted                fetch, strict
//	lint                  fetch, pasted
//	wire                  fetch
//	direct, browser       fetch, wire, process
//	netns                 process
//	policy                fetch, strict
//	target                policy, wire
//	catalog               fetch, policy, strict: its files are read as strictly as a policy's
//	judge                 fetch, policy, catalog: a finding names the rule and the fix
//	report                fetch, policy, catalog, judge, console, story, lint
//	fuzz                  fetch, catalog, judge
//	harness               fetch, wire, process, direct, browser, browser/chromium, report
//	drive                 fetch, browser
//	check                 harness, and under it fetch, wire, direct, drive, target, browser, policy, catalog, judge, report, story
//	cases                 harness, and under it fetch, wire, direct, drive, browser, catalog, judge, report, fuzz
//	servers               fetch, wire, process, netns, fixtures
//	servers/container     servers, fetch, wire, process, fixtures
//	servers/kubernetes    servers, fetch, wire, process, fixtures
//	servers/gateway       servers, servers/gateway/adapter, policy, strict, target, wire, process
//	scenarios             harness and all under it, servers and all under it, fixtures
//	cmd/corsproof         all
//
// And below browser, with the paths from there:
//
//	witness               browser, fetch, wire
//	chromium              browser, witness, fetch, wire, process
//
// And below servers/gateway, with the paths from there:
//
//	adapter               servers, fetch, policy, target, wire
//	nginx, envoy          servers, adapter, fetch, policy, strict, target, wire, fixtures
//	all                   servers/gateway, nginx, envoy
//	containers            servers/gateway, servers/container, adapter, all, wire, process
//
// servers needs netns for the networks that it puts a service in.
//
// Package testing is imported, outside of tests, for what takes a testing.TB and is
// named with a T at its end, and for check.Run, which makes subtests and so takes a
// *testing.T: there is no smaller interface with a Run whose function gets one. A
// test keeps to harness, check, direct, browser, chromium, servers/container, servers/gateway
// and internal/pairs, which benchmarks share.
//
// Package servers/container stands apart from servers because of what it needs: a
// Docker Engine, and dockertest with all that this brings along. Package
// servers/kubernetes does for the same reason: kubectl and a cluster. Package
// servers/gateway does because it knows of policies: it words a fix in a gateway's
// own syntax. It is several: adapter says what a kind of gateway has to do, nginx and
// envoy are a kind each, all and containers register them, as processes or with a
// Docker client. Who checks a config with all compiles no Docker client; a test keeps
// that so. The kinds need strict for the bounds and the tree of YAML, and to name the
// directive that was probably meant as a policy's reader does.
//
// Below fetch/internal are programs for its development alone: mutants runs the
// catalogue on a copy of the model that rewrite made and that calls point. The
// model itself imports none of them.
//
// # Where this differs from the first design
//
// The browser reaches every host through one loopback SOCKS5 proxy
// ([wire.Router]) and not through resolver rules: its table can change while
// the browser runs, it shows what the browser calls of its own accord, and a
// recorder can tell the browser's connections from those of a direct client that
// calls the same server at the same time, by the address that the router dialed
// from ([fetch.Exchange.Peer]). Each router calls from a loopback address of its
// own: on 127.0.0.1 the system gives a port that the browser has done with to
// the next client.
//
// The scripted server ([wire.Scripted]) stands behind three recorders, for http,
// https and HTTP/2, however many origins it has: [fetch.Exchange.Server] is the
// origin that a request names. Those recorders end TLS for it, since to open it
// again behind them would prove nothing. It answers each origin's own pages and
// sentinels, so a page can have the origin that it calls.
//
// The browser's profile begins with cookie controls off. Headless Chromium blocks
// third-party cookies as its incognito windows do, and other windows don't: with one
// preference what a page of another site sends with credentials can be seen, and needs
// no rule of its own in the model.
//
// Recordings, and the router's, are forgotten on request alone: a long run calls
// Forget with a mark when it is done with what came before. What the browser's
// HTTP cache may still hold is remembered as statuses and redirects ([wire.Recorder.Statuses], [wire.Recorder.Redirect]).
//
// Strict decoding is a package of its own (strict), since case files and policies
// are read in the same way.
//
// In a check the model asks: over HTTP it makes the requests that page code would have
// made, each on the answer to the one before, so that asking and predicting are one
// stage. What the target is like (does it answer, limit requests, want certificates) is
// surveyed on the answers to each portion of cases, before any of them is judged, and
// not by requests ahead of all others: a limit shows after many requests alone.
//
// Test binaries that drive a browser wait for each other, but as many run at a time as
// the machine has processors ([browser.Turn]): one after another, the last of them left
// half of the machine unused. Their deadlines are minutes, or wait for events.
//
// Chromium runs without the features that only start processes: a renderer kept ready
// for the next site, pages of the address bar, a process that draws. Each page here has
// its own site. No flag changes the network stack's decisions.
//
// A page makes its calls from its one document, as many at a time as it has slots. A
// frame for each slot took more processor time and showed nothing else.
//
// A case that follows from a policy (catalog.PolicyCase) is another type than a case
// that is written by hand (catalog.Case), and what is judged of it (judge.Checked)
// another than the verdict of one caller (judge.Verdict). A written case states the
// whole world: each server's answers by URL, and what has to come of each request. A
// derived one states a request, what the target's upstream does with it, and the rule
// of the policy that it tests; its expectation is never stated, but comes from a
// gateway on paper that follows the policy, and it is judged against what a target
// did, in three ways at once. One type for both would have had two halves of which
// one is always empty. What both go through is one: the request (catalog.Request), the
// model (fetch.UserAgent, made by catalog alone), the driver of the browser (package
// drive), the scripted server (wire), the comparison of traces (judge.Compare).
//
// The public address of each server of the system under proof never changes:
// what stands behind its recorder does. So one thing changes between an
// experiment and its control, and a page keeps the URLs that it was given.
package harness

package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
)

// Config configures [Check].
type Config struct {
	Policy *policy.Policy
	// On is the name of the policy's target.
	On string
	// Target is what answers; [Check] starts and closes it. Required.
	Target Target
	// Engine says who judges. Empty: the model all cases over the answers that a
	// direct client gets, and Chromium one case of each distinct decision.
	// [browser.EngineChromium]: the browser all that it can make, and the model predicts
	// them from what the recorders saw of it. [browser.EngineModel]: no browser.
	Engine browser.EngineName
	// Secret returns the secret that a policy's auth needs, see [Secrets]. Nil:
	// there is none. Of a case that lacks its secret the preflights are judged, which
	// need none; what is left of it is not run.
	Secret func(*policy.Auth) (string, error)
	// Timeout bounds each request to the target. Default [DefaultTimeout].
	Timeout time.Duration
	// Only, if not nil, says by ID which cases are run; it is asked once for each, in
	// the policy's order. Of one that comes out wrong the cause is told from a few
	// others, which are asked then, and not judged.
	Only func(id string) bool
	// Command is the line with which a finding is seen again, without the case's
	// ID; see [judge.CollectorConfig].
	Command string
	// Progress, if not nil, is told how many of how many cases are judged.
	Progress func(done, total int)
	// Each, if not nil, is handed each case once it is judged, never two at a
	// time, in an order that the policy alone decides: those that could leave the
	// target in another state come last. Nothing else keeps a case that passed.
	// An error ends the check.
	Each func(*judge.Checked) error
	Lab  harness.LabConfig
}

// A Wording target words a fix in its own syntax, for the place in its config
// where it belongs. The gateways of package servers/gateway do.
type Wording interface {
	Fix(policy.Fix) policy.Wording
}

// A Naming target says which origins its config names, so that those are tried
// that the policy doesn't allow. The gateways of package servers/gateway do.
type Naming interface {
	NamedOrigins() []policy.NamedOrigin
}

// Check derives the cases that follow from a policy, has the target answer them,
// and judges the answers: all on the model, a share of them in a real browser as
// well. The summary has the findings. The error says why the check could not be
// made or not be ended.
func Check(ctx context.Context, cfg Config) (*report.CheckSummary, error) {
	switch {
	case cfg.Policy == nil:
		return nil, errors.New("check: Config.Policy is missing")
	case cfg.Target == nil:
		return nil, errors.New("check: Config.Target is missing")
	case cfg.Engine != "" && !slices.Contains(browser.EngineNames, cfg.Engine):
		return nil, fmt.Errorf("check: Config.Engine is %q; it is %q, %q or empty", cfg.Engine, browser.EngineModel, browser.EngineChromium)
	case cfg.Timeout == 0:
		cfg.Timeout = DefaultTimeout
	}
	began := time.Now()
	view, err := cfg.Policy.On(cfg.On)
	if err != nil {
		return nil, err
	}
	_, runsAlready := cfg.Target.(*URLTarget)
	derived := catalog.DeriveConfig{OwnURLs: !runsAlready}
	if t, ok := cfg.Target.(Naming); ok {
		derived.Named = t.NamedOrigins()
	}
	derive := func() ([]catalog.PolicyCase, error) { return catalog.Derive(view, derived) }
	cases, err := derive()
	if err != nil {
		return nil, err
	}
	selected := map[string]bool{}
	if cfg.Only != nil {
		cases = slices.DeleteFunc(cases, func(c catalog.PolicyCase) bool {
			only := cfg.Only(c.ID)
			if only {
				selected[c.ID] = true
			}
			return !only
		})
	}
	if len(cases) == 0 {
		return &report.CheckSummary{}, nil
	}
	lab, err := harness.NewLab(cfg.Lab)
	if err != nil {
		return nil, err
	}
	c := &checking{
		cfg: cfg, foreign: runsAlready, lab: lab, origin: fetch.Origin(view.Target.URL.Text), cases: cases, total: len(cases), derive: derive, selected: selected,
		collector: judge.NewCollector(judge.CollectorConfig{View: view, Command: cfg.Command}),
	}
	err = c.run(ctx)
	if err = errors.Join(err, c.close()); err != nil {
		return nil, err
	}
	c.summarize()
	c.summary.TookMillis = time.Since(began).Milliseconds()
	return &c.summary, nil
}

// A checking is a check in progress.
type checking struct {
	cfg Config
	// foreign: the target runs already, and what is behind it isn't ours.
	foreign bool
	lab     *harness.Lab
	origin  fetch.Origin
	// cases are those that are not judged yet; the others are empty.
	cases []catalog.PolicyCase
	total int
	// derive derives the policy's cases again; selected are the IDs of those that are
	// run, if not all are.
	derive   func() ([]catalog.PolicyCase, error)
	selected map[string]bool

	upstream  *upstream
	recorders []*wire.Recorder // of upstream and target
	upstreams []*wire.Recorder // of the upstream alone
	target    *wire.Recorder
	started   bool
	http2     bool // the target speaks it
	predictor *predictor
	launch    func() (*browser.Chromium, error) // starts it, or waits for that
	browsing  *browsing                         // nil until the browser is needed

	secrets redaction // of all cases

	// answered is a case that the target answered; nil before there is one.
	answered *catalog.PolicyCase
	// limit says that the target limits requests; empty before that is known.
	limit string

	done      int
	summary   report.CheckSummary
	collector *judge.Collector
}

func (c *checking) run(ctx context.Context) error {
	if err := c.start(ctx); err != nil {
		return err
	}
	client := newTargetClient(c.origin, wire.EndpointListener{Address: wire.Address{Network: "tcp", Address: c.target.Addr()}},
		wire.Endpoint{Roots: c.lab.CA.Pool()}, c.cfg.Timeout)
	defer client.close()
	var err error
	if c.http2, err = client.speaksHTTP2(ctx); err != nil {
		return err
	}
	c.predictor = &predictor{client: client, upstream: c.upstream, secrets: c.withSecrets}
	if c.foreign {
		c.predictor.upstream = nil
	}
	c.prepare(ctx)
	for _, p := range portions(c.cases) {
		if err := c.portion(ctx, p); err != nil {
			return err
		}
	}
	return c.context(ctx)
}

// portion judges some cases and hands them out.
func (c *checking) portion(ctx context.Context, p portion) error {
	var runnable []*catalog.PolicyCase
	bySignature := map[string]int{}
	for _, i := range p.cases {
		pc := &c.cases[i]
		bySignature[pc.Signature]++
		if c.leftOut(pc) == "" {
			runnable = append(runnable, pc)
		}
	}
	if p.manner == mannerWithoutUpstream && c.predictor.upstream != nil {
		c.upstream.refuse()
		defer c.upstream.listen()
	}
	made, err := c.predictor.predict(ctx, runnable, p.manner, func(signature string) { c.progress(bySignature[signature]) })
	if err = errors.Join(err, c.alive()); err != nil {
		return err
	}
	reached := c.reached()
	if err := c.stillAnswers(ctx, predicted(runnable, made)); err != nil {
		return err
	}
	if err := c.noticeCertificate(predicted(runnable, made)); err != nil {
		return err
	}
	if err := c.noticeLimit(ctx, predicted(runnable, made)); err != nil {
		return err
	}
	var checked []*judge.Checked
	for _, i := range p.cases {
		pc := c.cases[i] // a copy: the slice lets go of it
		c.cases[i] = catalog.PolicyCase{}
		one, err := c.judge(ctx, &pc, made[pc.Signature])
		if err != nil {
			return err
		}
		one.Upstream, one.UpstreamSeen = reached[pc.Signature], !c.foreign
		checked = append(checked, one)
	}
	if c.cfg.Engine != browser.EngineModel {
		if err := errors.Join(c.browse(ctx, checked), c.alive()); err != nil {
			return err
		}
	}
	c.forget()
	for _, one := range checked {
		c.secrets.checked(one)
		c.summary.Add(one)
		c.collector.Add(one)
		if c.cfg.Each == nil {
			continue
		}
		if err := c.cfg.Each(one); err != nil {
			return err
		}
	}
	return nil
}

// forget lets go of what the recorders saw of cases that are judged.
func (c *checking) forget() {
	for _, r := range append(slices.Clone(c.recorders), c.lab.Recorders()...) {
		r.Forget(r.Mark())
	}
	c.lab.Router.Forget(c.lab.Router.Mark())
}

// summarize completes the summary once all cases are judged.
func (c *checking) summarize() {
	s := &c.summary
	s.Findings, s.Notes = c.collector.Findings()
	s.AddConcerns(c.cfg.Policy.Lint())
	for _, stray := range c.lab.Stray() {
		s.Problems = append(s.Problems, "a request that belongs to no case: "+stray)
	}
	for i := range s.Problems {
		s.Problems[i] = c.secrets.text(s.Problems[i])
	}
	if t, ok := c.cfg.Target.(Wording); ok {
		for i := range s.Findings {
			if w := t.Fix(s.Findings[i].Fix); w.Text != "" || w.Change != "" {
				s.Findings[i].Wording = &w
			}
		}
	}
}

func (c *checking) progress(n int) {
	c.done += n
	if c.cfg.Progress != nil {
		c.cfg.Progress(c.done, c.total)
	}
}

// start starts the upstream, the target and the recorders in front of both.
func (c *checking) start(ctx context.Context) error {
	dir, err := c.lab.Run.Mkdir("upstream", nil)
	if err != nil {
		return err
	}
	if c.upstream, err = newUpstream(dir); err != nil {
		return err
	}
	plain, err := c.record(wire.RecorderConfig{Name: "upstream", Upstream: c.upstream.address()})
	if err != nil {
		return err
	}
	secure, err := c.record(wire.RecorderConfig{Name: "upstream-tls", Upstream: c.upstream.address(), TLS: c.lab.CA, TerminateAs: wire.ServedHTTP1})
	if err != nil {
		return err
	}
	c.started, c.upstreams = true, []*wire.Recorder{plain, secure}
	endpoint, err := c.cfg.Target.Start(ctx, wire.Upstream{Plain: tcpAddress(plain), TLS: tcpAddress(secure)})
	if err != nil {
		return err
	}
	front, err := c.lab.Front("target", endpoint, string(c.origin))
	if err != nil {
		return err
	}
	c.target = front.Recorder
	return nil
}

func isSecure(o fetch.Origin) bool { return strings.HasPrefix(string(o), "https://") }

// leftOut says why a case can't be run against the target; empty if it can.
func (c *checking) leftOut(pc *catalog.PolicyCase) string {
	switch {
	case pc.Protocol == catalog.HTTP2 && !c.http2:
		return "the target does not speak HTTP/2"
	case !c.foreign:
		return ""
	case pc.NeedsUpstream():
		return "it needs an upstream that does as it is told, and the target's is not ours"
	case !pc.Harmless():
		return "it could change something at a target that others use"
	}
	return ""
}

func tcpAddress(r *wire.Recorder) wire.Address {
	return wire.Address{Network: "tcp", Address: r.Addr()}
}

func (c *checking) record(cfg wire.RecorderConfig) (*wire.Recorder, error) {
	cfg.Clock = c.lab.Clock
	r, err := wire.NewRecorder(cfg)
	if err == nil {
		c.recorders = append(c.recorders, r)
	}
	return r, err
}

func (c *checking) close() error {
	var errs []error
	errs = append(errs, c.lab.CloseBrowsers()) // which ends a page that is being opened, too
	if c.browsing != nil {
		c.browsing.closePages()
	}
	if c.started {
		errs = append(errs, c.cfg.Target.Close())
	}
	for _, r := range c.recorders {
		errs = append(errs, r.Close())
	}
	if c.upstream != nil {
		errs = append(errs, c.upstream.close())
	}
	return errors.Join(append(errs, c.lab.Close())...)
}

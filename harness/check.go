package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
)

// BrowserShare says which cases a browser judges beside the model.
type BrowserShare string

const (
	// BrowserDecisions: one case for each distinct decision. The zero value's
	// meaning.
	BrowserDecisions BrowserShare = "decisions"
	BrowserAll       BrowserShare = "all"
	BrowserNone      BrowserShare = "none"
)

// CheckConfig configures [Check].
type CheckConfig struct {
	Policy *policy.Policy
	// On is the name of the policy's target.
	On string
	// Target is what answers; [Check] starts and closes it. Required.
	Target Target
	// Browser says what Chromium judges.
	Browser BrowserShare
	// Secret returns the secret that a policy's auth needs. Nil: there is none,
	// and cases that need one are not run.
	Secret func(*policy.Auth) (string, error)
	// Timeout bounds each request to the target. Default [DefaultCheckTimeout].
	Timeout time.Duration
	// Only, if not nil, says by ID which cases are run; the others are as if the
	// policy had none.
	Only func(id string) bool
	// Progress, if not nil, is told how many of how many cases are judged.
	Progress func(done, total int)
	Lab      LabConfig
}

// Check derives the cases that follow from a policy, has the target answer them,
// and judges the answers: all on the model, a share of them in a real browser as
// well. The error says why the check could not be made.
func Check(ctx context.Context, cfg CheckConfig) ([]*judge.Checked, error) {
	switch {
	case cfg.Policy == nil:
		return nil, errors.New("check: CheckConfig.Policy is missing")
	case cfg.Target == nil:
		return nil, errors.New("check: CheckConfig.Target is missing")
	case cfg.Timeout == 0:
		cfg.Timeout = DefaultCheckTimeout
	}
	view, err := cfg.Policy.On(cfg.On)
	if err != nil {
		return nil, err
	}
	_, runsAlready := cfg.Target.(*URLTarget)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: !runsAlready})
	if err != nil {
		return nil, err
	}
	if cfg.Only != nil {
		cases = slices.DeleteFunc(cases, func(c catalog.PolicyCase) bool { return !cfg.Only(c.ID) })
	}
	if cfg.Lab.Slots == 0 {
		cfg.Lab.Slots = checkSlots
	}
	lab, err := NewLab(cfg.Lab)
	if err != nil {
		return nil, err
	}
	c := &checking{cfg: cfg, foreign: runsAlready, lab: lab, origin: fetch.Origin(view.Target.URL.Text), cases: cases}
	checked, err := c.run(ctx)
	return checked, errors.Join(err, c.close())
}

// checkSlots is how many calls each page makes at a time: there are many pages,
// most with few calls.
const checkSlots = 2

// A checking is a check in progress.
type checking struct {
	cfg CheckConfig
	// foreign: the target runs already, and what is behind it isn't ours.
	foreign bool
	lab     *Lab
	origin  fetch.Origin
	cases   []catalog.PolicyCase

	upstream  *upstream
	recorders []*wire.Recorder // of upstream and target
	upstreams []*wire.Recorder // of the upstream alone
	target    *wire.Recorder
	started   bool
	http2     bool // the target speaks it
	done      int
}

func (c *checking) run(ctx context.Context) ([]*judge.Checked, error) {
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	client := newTargetClient(c.origin, wire.EndpointListener{Address: wire.Address{Network: "tcp", Address: c.target.Addr()}},
		wire.Endpoint{Roots: c.lab.CA.Pool()}, c.cfg.Timeout)
	defer client.close()
	var err error
	if c.http2, err = client.speaksHTTP2(ctx); err != nil {
		return nil, err
	}
	p := &predictor{client: client, upstream: c.upstream, secrets: c.withSecrets, made: map[string]prediction{}}
	if c.foreign {
		p.upstream = nil
	}
	bySignature := map[string]int{}
	var allowed []catalog.PolicyCase
	for i := range c.cases {
		bySignature[c.cases[i].Signature]++
		if c.leftOut(&c.cases[i]) == "" {
			allowed = append(allowed, c.cases[i])
		}
	}
	err = p.predict(ctx, allowed, func(signature string) { c.progress(bySignature[signature]) })
	if err != nil {
		return nil, err
	}
	reached := c.reached()
	checked := make([]*judge.Checked, len(c.cases))
	for i := range c.cases {
		signature := c.cases[i].Signature
		if checked[i], err = c.judge(ctx, &c.cases[i], p.made[signature]); err != nil {
			return nil, err
		}
		checked[i].Upstream, checked[i].UpstreamSeen = reached[signature], !c.foreign
	}
	if c.cfg.Browser != BrowserNone {
		err = c.browse(ctx, checked)
	}
	return checked, err
}

func (c *checking) progress(n int) {
	c.done += n
	if c.cfg.Progress != nil {
		c.cfg.Progress(c.done, len(c.cases))
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
	errs = append(errs, c.lab.CloseBrowsers())
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

// withSecrets returns the case with the secrets that it needs.
func (c *checking) withSecrets(pc *catalog.PolicyCase) (catalog.PolicyCase, error) {
	ready := *pc
	for i := range pc.Steps {
		auth := pc.Steps[i].Auth
		if auth == nil {
			continue
		}
		if c.cfg.Secret == nil {
			return ready, errors.New("it needs a secret, and none was given")
		}
		secret, err := c.cfg.Secret(auth)
		if err != nil {
			return ready, err
		}
		ready = ready.WithSecret(secret)
	}
	return ready, nil
}

// judge holds what came of a case against what the policy calls for.
func (c *checking) judge(ctx context.Context, pc *catalog.PolicyCase, p prediction) (*judge.Checked, error) {
	out := &judge.Checked{Case: pc, NotRun: c.leftOut(pc)}
	if out.NotRun != "" {
		return out, nil
	}
	want, err := pc.Expect(ctx, nil)
	if err != nil {
		return nil, err
	}
	switch ok, instead := pc.Provoked(p.traces); {
	case p.missing != "" && provokes(pc):
		out.NotRun = fmt.Sprintf("the target did not do within %v what was to be provoked", c.cfg.Timeout)
	case p.missing != "" && len(p.traces) < len(pc.Steps):
		out.NotRun = p.missing
	case !ok:
		out.NotRun = instead
	default:
		out.Want, out.Got, out.Mismatches = want, p.traces, pc.Compare(want, p.traces)
	}
	return out, nil
}

// reached returns what the upstream was asked, by the signature of the case.
func (c *checking) reached() map[string][]fetch.Exchange {
	out := map[string][]fetch.Exchange{}
	for _, r := range c.upstreams {
		for _, x := range r.Since(0) {
			out[signatureIn(x.Request.Target)] = append(out[signatureIn(x.Request.Target)], x)
		}
	}
	return out
}

// provokes reports whether the case hangs on what a gateway does of its own.
func provokes(pc *catalog.PolicyCase) bool {
	for _, s := range pc.Steps {
		if len(s.OnlyIf) > 0 {
			return true
		}
	}
	return false
}

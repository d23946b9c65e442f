package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
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
	// Progress, if not nil, is told how many of how many cases are judged.
	Progress func(done, total int)
	Lab      LabConfig
}

// A Checked is one case of a policy with all that came of it.
type Checked struct {
	Case catalog.PolicyCase
	// Expected is what the policy calls for, Predicted what the model makes of the
	// target's answers.
	Expected, Predicted []fetch.Trace
	// Mismatches are the differences between the two.
	Mismatches []catalog.Mismatch
	// Asked is how many requests reached the upstream.
	Asked int
	// NotRun says why the case was not run, Unknown why it could not be observed.
	NotRun, Unknown string
	// Browser is what Chromium made of it; nil if it wasn't asked.
	Browser *BrowserChecked
}

// Check derives the cases that follow from a policy, has the target answer them,
// and judges the answers: all on the model, a share of them in a real browser as
// well. The error says why the check could not be made.
func Check(ctx context.Context, cfg CheckConfig) ([]Checked, error) {
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
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	if err != nil {
		return nil, err
	}
	lab, err := NewLab(cfg.Lab)
	if err != nil {
		return nil, err
	}
	c := &checking{cfg: cfg, lab: lab, origin: fetch.Origin(view.Target.URL.Text), cases: cases}
	checked, err := c.run(ctx)
	return checked, errors.Join(err, c.close())
}

// A checking is a check in progress.
type checking struct {
	cfg    CheckConfig
	lab    *Lab
	origin fetch.Origin
	cases  []catalog.PolicyCase

	upstream  *upstream
	recorders []*wire.Recorder // of upstream and target
	target    *wire.Recorder
	started   bool
	done      int
}

func (c *checking) run(ctx context.Context) ([]Checked, error) {
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	client := newTargetClient(c.origin, wire.EndpointListener{Address: wire.Address{Network: "tcp", Address: c.target.Addr()}},
		wire.Endpoint{Roots: c.lab.CA.Pool()}, c.cfg.Timeout)
	defer client.close()
	p := &predictor{client: client, upstream: c.upstream, secrets: c.withSecrets, made: map[string]prediction{}}
	bySignature := map[string]int{}
	for i := range c.cases {
		bySignature[c.cases[i].Signature]++
	}
	err := p.predict(ctx, c.cases, func(signature string) { c.progress(bySignature[signature]) })
	if err != nil {
		return nil, err
	}
	checked := make([]Checked, len(c.cases))
	for i := range c.cases {
		if checked[i], err = c.judge(ctx, c.cases[i], p.made[c.cases[i].Signature]); err != nil {
			return nil, err
		}
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
	c.started = true
	endpoint, err := c.cfg.Target.Start(ctx, wire.Upstream{Plain: tcpAddress(plain), TLS: tcpAddress(secure)})
	if err != nil {
		return err
	}
	listener, err := endpoint.For(string(c.origin))
	if err != nil {
		return err
	}
	cfg := wire.RecorderConfig{Name: "target", Naming: wire.NamingOrigin, Upstream: listener.Address, UpstreamRoots: endpoint.Roots}
	if strings.HasPrefix(string(c.origin), "https://") {
		cfg.TLS = c.lab.CA
		if !listener.TLS {
			cfg.TerminateAs = wire.ServedHTTP1
		}
	}
	c.target, err = c.record(cfg)
	return err
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
func (c *checking) judge(ctx context.Context, pc catalog.PolicyCase, p prediction) (Checked, error) {
	out := Checked{Case: pc, Predicted: p.traces, Asked: p.asked}
	var err error
	if out.Expected, err = pc.Expect(ctx, nil); err != nil {
		return out, err
	}
	if p.missing != "" {
		out.Unknown = p.missing
		if len(p.traces) == 0 {
			out.NotRun, out.Unknown = p.missing, ""
		}
		if provokes(&pc) {
			out.NotRun, out.Unknown = fmt.Sprintf("the target did not answer within %v what was to be provoked", c.cfg.Timeout), ""
		}
		return out, nil
	}
	if ok, instead := pc.Provoked(p.traces); !ok {
		out.NotRun = instead
		return out, nil
	}
	out.Mismatches = pc.Compare(out.Expected, p.traces)
	return out, nil
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

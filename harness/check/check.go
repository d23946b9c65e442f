package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

// Config configures [Check].
type Config struct {
	// Policy is required for [Check]; [Run] reads it from the file.
	Policy *policy.Policy
	// On is the name of the policy's target. It may be empty if the policy has only one.
	On string
	// Target answers the requests; [Check] starts and closes it. If nil, the policy
	// decides: its gateway, of a kind that a package of servers/gateway registers, or its
	// URL.
	Target Target
	// Engine selects who judges. Empty: the model judges all cases over the responses to
	// a direct client, and Chromium one case of each distinct decision.
	// [browser.EngineChromium]: the browser judges every case that it can send, and the
	// model predicts them from what the recorders saw of it. [browser.EngineModel]: no
	// browser.
	Engine browser.EngineName
	// Secret returns the secret for a policy's auth, see [Secrets]. If nil, there is no
	// secret. For a case without its secret only the preflights are judged, which need
	// none.
	Secret func(*policy.Auth) (string, error)
	// Timeout bounds each request to the target. Default [DefaultTimeout].
	Timeout time.Duration
	// Only, if not nil, selects cases by ID; it is called once for each, in the policy's
	// order. If a selected case fails, a few other cases run too, without being judged,
	// to find its cause.
	Only func(id string) bool
	// Command is the command that reproduces a finding, without the case's ID; see
	// [judge.CollectorConfig].
	Command string
	// Progress, if not nil, is called with the number of judged cases and of all cases.
	Progress func(done, total int)
	// Each, if not nil, is called with each judged case, never concurrently, in an order
	// that depends only on the policy: cases that could change the target's state come
	// last. Cases that passed are not kept otherwise. An error ends the check.
	Each func(*judge.Checked) error
	Lab  harness.LabConfig
}

// A Wording target words a fix in its own syntax, for the right place in its config. The
// gateways of package servers/gateway implement it.
type Wording interface {
	Fix(policy.Fix) policy.Wording
}

// complete returns the configuration with its defaults, and the policy on its target.
func (cfg Config) complete() (Config, *policy.View, error) {
	switch {
	case cfg.Policy == nil:
		return cfg, nil, errors.New("check: Config.Policy is missing")
	case cfg.Engine != "" && !slices.Contains(browser.EngineNames, cfg.Engine):
		return cfg, nil, fmt.Errorf("check: Config.Engine is %q; must be %q, %q or empty", cfg.Engine, browser.EngineModel, browser.EngineChromium)
	case cfg.On == "" && len(cfg.Policy.Targets) == 1:
		cfg.On = cfg.Policy.Targets[0].Name
	case cfg.On == "":
		var names []string
		for _, t := range cfg.Policy.Targets {
			names = append(names, t.Name)
		}
		return cfg, nil, fmt.Errorf("check: %s has several targets; set Config.On to one of %s", cfg.Policy.File, strings.Join(names, ", "))
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	view, err := cfg.Policy.On(cfg.On)
	return cfg, view, err
}

// targetOf returns the target that a policy itself names: its gateway, whose config is
// relative to the policy's folder, or what answers at its URL.
func targetOf(ctx context.Context, view *policy.View) (Target, error) {
	t := view.Target
	if t.Gateway.Text == "" {
		return &URLTarget{URL: t.URL.Text}, nil
	}
	file := t.File.Text
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(view.Policy.File), file)
	}
	host, _, err := wire.SplitOrigin(t.URL.Text)
	if err != nil {
		return nil, err
	}
	return target.OpenGateway(ctx, target.Gateway{Kind: t.Gateway.Text, File: file, Hosts: []string{host}})
}

// Check derives the cases that follow from a policy, sends their requests to the target,
// and judges the responses: all with the model, some also with a real browser. The
// summary has the findings. Check returns an error if it could not start or finish.
func Check(ctx context.Context, cfg Config) (*report.CheckSummary, error) {
	cfg, view, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if cfg.Target == nil {
		if cfg.Target, err = targetOf(ctx, view); err != nil {
			return nil, fmt.Errorf("%s: target %s: %w", view.Target.At, view.Target.Name, err)
		}
		defer cfg.Target.Close() // before it is started; the rig's end says what went wrong after
	}
	plan, err := makePlan(view, cfg.Target.Facts(), cfg.Only)
	if err != nil {
		return nil, err
	}
	if plan.total == 0 {
		return &report.CheckSummary{}, nil
	}
	rig, err := openRig(ctx, cfg.Target, plan, cfg)
	if err != nil {
		return nil, err
	}
	kept := &secrets{lookup: cfg.Secret}
	out := newExplainer(cfg, view, plan.facts, kept)
	alive, stop := rig.whileAlive(ctx)
	err = stages(alive, cfg, plan, rig, kept, out)
	if cause := context.Cause(alive); err != nil && cause != nil {
		err = cause // rather than what it broke off
	}
	stop()
	if err == nil {
		out.explain(cfg.Target) // while it still runs
	}
	if err = errors.Join(err, rig.close()); err != nil {
		return nil, err
	}
	out.strays(rig.lab.Stray())
	out.summary.TookMillis = time.Since(began).Milliseconds()
	return &out.summary, nil
}

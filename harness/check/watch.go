package check

import (
	"context"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
)

// A watch is the browser's part of a check: which cases it judges, who observes, and
// what came of them.
type watch struct {
	share    *share
	observer *observer
}

func newWatch(ctx context.Context, cfg Config, r *rig, kept *secrets) *watch {
	return &watch{share: newShare(cfg.Engine, r.origin), observer: newObserver(ctx, r, kept, cfg.Timeout)}
}

// close ends the browser, which ends a page that is being opened, too, and then all
// pages.
func (w *watch) close() {
	w.observer.rig.lab.CloseBrowsers() // the lab's own end says what went wrong
	w.observer.close()
}

// info says which browser ran, once it did.
func (w *watch) info(engine browser.EngineName) *report.CheckRan {
	if w.observer.engine == nil {
		return nil
	}
	ran := report.CheckRan{Caller: w.observer.engine.Info().Caller()}
	if engine != browser.EngineChromium {
		ran.Why = "it judges one case of each decision; with --engine chromium it judges every case that a browser can send"
	}
	return &ran
}

// look has the browser make the requests of those of the cases that are its, and judges
// them by what it did.
func (w *watch) look(ctx context.Context, cfg Config, s *surveyor, checked []*judge.Checked) error {
	hasSecret := func(pc *catalog.PolicyCase) bool { _, err := s.asker.secrets.fill(pc); return err == nil }
	for _, one := range checked {
		w.share.upgraded.notice(s.rig.origin, one.Got)
	}
	chosen := w.share.choose(checked, hasSecret)
	if len(chosen) == 0 {
		return nil
	}
	if err := w.observer.start(); err != nil {
		return err
	}
	cases := make([]*catalog.PolicyCase, len(chosen))
	for i, one := range chosen {
		cases[i] = one.Case
	}
	seen, err := w.observer.observe(ctx, cases)
	if err != nil {
		return err
	}
	if err := s.survey(ctx, withTraces(cases, func(signature string) []fetch.Trace { return seen[signature].Traces })); err != nil {
		return err
	}
	b := s.bench(cfg)
	reached := s.rig.reached()
	for _, one := range chosen {
		signature := one.Case.Signature
		if err := b.judgeObserved(ctx, one, seen[signature], len(reached[signature])-len(one.Upstream), w.observer.jar.given); err != nil {
			return err
		}
	}
	return nil
}

package check

import (
	"context"
	"errors"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// stages takes the cases of a plan, a portion at a time, through the stages of a check:
// ask, survey, judge, observe, judge what was observed. Each hands its values to the
// next; what outlives a stage is the rig's, and the secrets'.
func stages(ctx context.Context, cfg Config, p *plan, r *rig, kept *secrets, out *explainer) error {
	asker := asker{client: r.client, upstream: r.scripted(), secrets: kept}
	surveyor := &surveyor{plan: p, rig: r, asker: asker}
	var eyes *watch
	if cfg.Engine != browser.EngineModel {
		eyes = newWatch(ctx, cfg, r, kept)
		defer eyes.close()
		if p.needsBrowser(r.http2) {
			eyes.observer.prepare()
		}
	}
	progress := cfg.progress(p.total)
	hanging := askAhead(ctx, p, r, asker)
	defer hanging.end()
	for _, portion := range p.portions {
		checked, err := portionStages(ctx, cfg, p.takeAll(portion, r.http2), portion.manner, surveyor, eyes, hanging, progress)
		if err != nil {
			return err
		}
		if eyes != nil {
			out.ran(eyes.info(cfg.Engine))
		}
		hanging.keep()
		r.forget()
		if err := out.add(checked); err != nil {
			return err
		}
	}
	return contextStage(ctx, cfg, surveyor, out)
}

// portionStages judges some cases of one manner.
func portionStages(ctx context.Context, cfg Config, cases []planned, m manner, s *surveyor, eyes *watch, hanging *ahead, progress func(int)) (_ []*judge.Checked, err error) {
	if m == mannerWithoutUpstream && s.asker.upstream != nil {
		s.asker.upstream.Refuse()
		defer func() { err = errors.Join(err, s.asker.upstream.Listen()) }()
	}
	bySignature := map[string]int{}
	var run []*catalog.PolicyCase
	for _, one := range cases {
		bySignature[one.Signature]++
		if one.leftOut == "" {
			run = append(run, one.PolicyCase)
		}
	}
	made, reached, err := s.answers(ctx, run, m, hanging, func(signature string) { progress(bySignature[signature]) })
	if err = errors.Join(err, s.rig.alive()); err != nil {
		return nil, err
	}
	if err := s.survey(ctx, withTraces(run, func(signature string) []fetch.Trace { return made[signature].traces })); err != nil {
		return nil, err
	}
	b := s.bench(cfg)
	var checked []*judge.Checked
	for _, one := range cases {
		c := &judge.Checked{Case: one.PolicyCase, NotRun: one.leftOut}
		if one.leftOut == "" {
			if c, err = b.judge(ctx, one.PolicyCase, made[one.Signature]); err != nil {
				return nil, err
			}
		}
		b.withUpstream(c, reached[one.Signature], s.rig.facts.Ours)
		checked = append(checked, c)
	}
	if eyes == nil {
		return checked, nil
	}
	return checked, errors.Join(eyes.look(ctx, cfg, s, checked), s.rig.alive())
}

// answers returns what the target answers to cases of one manner, and what its upstream
// was asked: what was asked ahead is not asked again.
func (s *surveyor) answers(ctx context.Context, run []*catalog.PolicyCase, m manner, hanging *ahead, done func(signature string)) (answers, map[string][]fetch.Exchange, error) {
	if m == mannerHanging && len(run) > 0 {
		if made, reached, ok, err := hanging.take(run); ok {
			for signature := range made {
				done(signature)
			}
			return made, reached, err
		}
	}
	made, err := s.asker.ask(ctx, run, m, done)
	return made, s.rig.reached(), err
}

// bench is what cases are judged by, as far as it is known by now.
func (s *surveyor) bench(cfg Config) bench {
	return bench{origin: s.rig.origin, timeout: cfg.Timeout, limit: s.limit, answers: s.rig.facts.Answers}
}

// progress returns a function that adds a number of judged cases and reports the sum.
func (cfg Config) progress(total int) func(int) {
	done := 0
	return func(n int) {
		if done += n; cfg.Progress != nil {
			cfg.Progress(done, total)
		}
	}
}

// contextStage asks the target what a few cases ask that were not selected, if one that
// was came out wrong. These cases are not counted, and what is wrong with them is not
// told.
func contextStage(ctx context.Context, cfg Config, s *surveyor, out *explainer) error {
	if cfg.Only == nil || out.summary.Violations == 0 {
		return nil
	}
	asked, err := s.plan.context(s.rig.http2, out.originWrong)
	if err != nil {
		return err
	}
	made, err := s.asker.ask(ctx, asked, mannerTogether, nil)
	if err != nil {
		return err
	}
	reached := s.rig.reached()
	b := s.bench(cfg)
	for _, pc := range asked {
		c, err := b.judge(ctx, pc, made[pc.Signature])
		if err != nil {
			return err
		}
		b.withUpstream(c, reached[pc.Signature], s.rig.facts.Ours)
		out.addContext(c)
	}
	return nil
}

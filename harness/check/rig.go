package check

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

// A rig is what lives longer than a stage of a check: the lab, the target with the
// upstream behind it, and the recorders in front of both. Its maker closes it, which
// ends all of them.
type rig struct {
	lab    *harness.Lab
	target Target
	facts  target.Facts
	origin fetch.Origin

	upstream  *upstream
	auth      *authService
	recorders []*wire.Recorder // of upstream and target
	upstreams []*wire.Recorder // of the upstream alone
	front     *wire.Recorder   // of the target
	client    *targetClient
	http2     bool // the target speaks it
	started   bool
}

// openRig starts upstream, target and recorders. On an error nothing of them runs any
// more.
func openRig(ctx context.Context, t Target, p *plan, cfg Config) (*rig, error) {
	lab, err := harness.NewLab(cfg.Lab)
	if err != nil {
		return nil, err
	}
	r := &rig{lab: lab, target: t, facts: p.facts, origin: p.origin}
	if err := r.open(ctx, p.view, cfg); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *rig) open(ctx context.Context, view *policy.View, cfg Config) error {
	dir, err := r.lab.Run.Mkdir("upstream", nil)
	if err != nil {
		return err
	}
	if r.upstream, err = newUpstream(dir); err != nil {
		return err
	}
	plain, err := r.record(wire.RecorderConfig{Name: "upstream", Upstream: r.upstream.Address()})
	if err != nil {
		return err
	}
	secure, err := r.record(wire.RecorderConfig{Name: "upstream-tls", Upstream: r.upstream.Address(), TLS: r.lab.CA, TerminateAs: wire.ServedHTTP1})
	if err != nil {
		return err
	}
	if r.auth, err = newAuthService(dir, view); err != nil {
		return err
	}
	r.started, r.upstreams = true, []*wire.Recorder{plain, secure}
	endpoint, err := r.target.Start(ctx, wire.Upstream{Plain: tcpAddress(plain), TLS: tcpAddress(secure), Auth: r.auth.address()})
	if err != nil {
		return err
	}
	front, err := r.lab.Front("target", endpoint, string(r.origin))
	if err != nil {
		return err
	}
	r.front = front.Recorder
	r.client = newTargetClient(r.origin, wire.EndpointListener{Address: tcpAddress(r.front)}, wire.Endpoint{Roots: r.lab.CA.Pool()}, cfg.Timeout)
	r.http2, err = r.client.speaksHTTP2(ctx)
	return err
}

func (r *rig) record(cfg wire.RecorderConfig) (*wire.Recorder, error) {
	cfg.Clock = r.lab.Clock
	recorder, err := wire.NewRecorder(cfg)
	if err == nil {
		r.recorders = append(r.recorders, recorder)
	}
	return recorder, err
}

func tcpAddress(r *wire.Recorder) wire.Address {
	return wire.Address{Network: "tcp", Address: r.Addr()}
}

func isSecure(o fetch.Origin) bool { return strings.HasPrefix(string(o), "https://") }

// scripted is the upstream that does as a case needs; nil if the target's is not ours.
func (r *rig) scripted() *upstream {
	if !r.facts.Ours {
		return nil
	}
	return r.upstream
}

// alive is an error if the target is known to have ended by itself.
func (r *rig) alive() error {
	if r.facts.Life == nil {
		return nil
	}
	return r.facts.Life.Err()
}

// whileAlive returns a context that ends once the target is known to have ended by
// itself, with that as its cause. stop has to be called.
func (r *rig) whileAlive(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if life := r.facts.Life; life != nil {
		go func() {
			select {
			case <-life.Done():
				cancel(life.Err())
			case <-ctx.Done():
			}
		}()
	}
	return ctx, func() { cancel(nil) }
}

// reached returns what the upstream was asked, by the signature of the case.
func (r *rig) reached() map[string][]fetch.Exchange {
	out := map[string][]fetch.Exchange{}
	for _, u := range r.upstreams {
		for _, x := range u.Since(0) {
			out[signatureIn(x.Request.Target)] = append(out[signatureIn(x.Request.Target)], x)
		}
	}
	return out
}

// forget lets go of what the recorders saw of cases that are judged.
func (r *rig) forget() {
	for _, one := range append(slices.Clone(r.recorders), r.lab.Recorders()...) {
		one.Forget(one.Mark())
	}
	r.lab.Router.Forget(r.lab.Router.Mark())
}

func (r *rig) close() error {
	var errs []error
	if r.client != nil {
		r.client.close()
	}
	if r.started {
		errs = append(errs, r.target.Close())
	}
	for _, one := range r.recorders {
		errs = append(errs, one.Close())
	}
	if r.upstream != nil {
		errs = append(errs, r.upstream.Close())
	}
	if r.auth != nil {
		errs = append(errs, r.auth.close())
	}
	return errors.Join(append(errs, r.lab.Close())...)
}

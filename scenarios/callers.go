package scenarios

import (
	"context"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
)

func everyCaller() Row {
	return Row{
		Name:     "every-caller",
		Sentence: "User agents that check CORS withhold; HTTP clients don't",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "CORS off; the same request by every caller",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				shown, d, err := b.sideBySide(ctx)
				if err != nil {
					return err
				}
				b.expectBlocked(shown, missingAllowOrigin)
				for _, row := range d.Callers {
					switch {
					case row.Caller.Kind == fetch.CallerDirect:
						b.Expect(row.Body.Fate == report.BodyRead && row.Status.Text == "200", "%s didn't read the orders: body %s, status %q, refused by %s",
							row.Caller.Name, row.Body, row.Status.Text, row.Refused.Text)
					case row.Caller.Kind == fetch.CallerUserAgent:
						b.Expect(strings.HasPrefix(row.Refused.Text, row.Caller.Name+"'s own check"), "%s's own check had to refuse; who refused is %s",
							row.Caller.Name, row.Refused.Text)
					}
				}
				b.Expect(d.Decisive.Holds(), "not every direct client read what the browser withheld: %+v", d.Decisive.Exceptions)
				b.Expect(d.Decisive.Enforcer == string(harness.EnforcerBrowser), "who enforced is %s: %s", d.Decisive.Enforcer, d.Decisive.Why)
				b.Enforced("%s; jsdom, happy-dom by themselves", d.Decisive.Enforcer)
				b.Evidence("%s", d.Decisive.Why)
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same, FastAPI's CORS on for the page's origin",
			Setup: corsInFastAPI,
			Run: func(ctx context.Context, b *Bench) error {
				shown, d, err := b.sideBySide(ctx)
				if err != nil {
					return err
				}
				if err := b.expectOrders(ctx, shown); err != nil {
					return err
				}
				for _, row := range d.Callers {
					b.Expect(row.Body.Fate == report.BodyRead && row.Status.Text == "200", "%s didn't read the orders: body %s, status %q, refused by %s",
						row.Caller.Name, row.Body, row.Status.Text, row.Refused.Text)
					b.Expect(row.Body.Digest == d.Callers[0].Body.Digest, "%s read other bytes than the page: %s", row.Caller.Name, row.Body)
				}
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("the page, the user agents and the clients all read the same %d bytes (%.15s…)", d.Callers[0].Body.Length, d.Callers[0].Body.Digest)
				return nil
			},
		}},
	}
}

// sideBySide lists the orders by the page, then by every other caller with the
// page's Origin.
func (b *Bench) sideBySide(ctx context.Context) (Shown, report.Differential, error) {
	shown, err := b.click(ctx, listFastAPI, fetch.Request{})
	if err != nil {
		return Shown{}, report.Differential{}, err
	}
	mark := b.System.Node.Mark()
	others, err := b.Lab.CallAll(ctx, []fetch.Request{{URL: b.fastAPIOrders(), Origin: b.Page}})
	b.leg.Behind = append(b.leg.Behind, b.System.Node.Since(mark)...)
	if err != nil {
		return Shown{}, report.Differential{}, err
	}
	b.Trace(others[0]...)
	for _, t := range others[0] {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			return Shown{}, report.Differential{}, fmt.Errorf("%s could not be observed: %s", t.Caller.Name, t.Outcome.Error)
		}
	}
	d := harness.Differential(shown.Trace, others[0]...)
	b.leg.Differentials = append(b.leg.Differentials, d)
	b.Direct("%s", inWords(d))
	return shown, d, nil
}

// inWords says who read and who didn't, the browser apart.
func inWords(d report.Differential) string {
	var read, not []string
	for _, row := range d.Callers[1:] {
		if row.Body.Fate == report.BodyRead {
			read = append(read, row.Caller.Name)
		} else {
			not = append(not, row.Caller.Name)
		}
	}
	words := strings.Join(read, ", ") + " read it"
	if len(read) == 0 {
		words = "nobody read it"
	}
	if len(not) > 0 {
		words += "; " + strings.Join(not, ", ") + " blocked"
	}
	return words
}

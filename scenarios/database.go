package scenarios

import (
	"context"
	"errors"
	"strings"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/report"
)

func nodeToDatabase() Row {
	return Row{
		Name:     "node-to-database",
		Sentence: "Node → database needs no CORS",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "the page creates an order with a fresh name through FastAPI",
			Setup: corsInFastAPI,
			Run: func(ctx context.Context, b *Bench) error {
				order := freshOrder()
				shown, err := b.click(ctx, createFastAPI, jsonPost(order))
				if err != nil {
					return err
				}
				b.expectShown(shown)
				b.expectOneAnswer(shown, b.System.FastAPI.Name(), "POST", 201)
				rows, err := b.System.CountOrders(ctx, order.Name)
				if err != nil {
					return err
				}
				b.Fact("rowsInDatabase", rows)
				b.Expect(rows == 1, "direct SQL finds %d rows of the order, not 1", rows)
				b.Direct("SQL: %d row", rows)
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("direct SQL finds the order; the database speaks no HTTP, there is no Origin to check")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same with PostgreSQL stopped; then it starts again",
			Setup: corsInFastAPI,
			Run: func(ctx context.Context, b *Bench) (err error) {
				order := freshOrder()
				if err := b.System.StopPostgres(ctx); err != nil {
					return err
				}
				started := false
				defer func() {
					if !started {
						err = errors.Join(err, b.System.StartPostgres(ctx))
					}
				}()
				shown, err := b.click(ctx, createFastAPI, jsonPost(order))
				if err != nil {
					return err
				}
				if err := b.System.StartPostgres(ctx); err != nil {
					return err
				}
				started = true
				b.Expect(shown.State == stateError, "the page shows %q, not the error", shown.Text)
				read := shown.Trace.Outcome.Response
				b.Expect(shown.Trace.Outcome.Readable() && read.Status == 502, "the page could not read the service's 502: %s", shown.reason())
				b.expectOneAnswer(shown, b.System.FastAPI.Name(), "POST", 502)
				rows, err := b.System.CountOrders(ctx, order.Name)
				if err != nil {
					return err
				}
				b.Fact("rowsInDatabase", rows)
				b.Expect(rows == 0, "direct SQL finds %d rows of an order made while the database was down", rows)
				b.Browser("the error is shown")
				b.Direct("SQL: %d rows", rows)
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("the page shows %q, an error of the service: no CORS in it", firstSentence(shown.Text))
				return nil
			},
		}},
	}
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}

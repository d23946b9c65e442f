package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// clickWhileCurl lists the orders by the page and by curl, with the page's
// Origin, at the same time: a lock on the table keeps FastAPI from answering
// until the recorder has seen both requests.
func (b *Bench) clickWhileCurl(ctx context.Context) (Shown, []fetch.Trace, error) {
	clients, err := b.Lab.Clients(ctx)
	if err != nil {
		return Shown{}, nil, err
	}
	curl := clients[1] // as Clients says
	engine, err := b.engine(ctx)
	if err != nil {
		return Shown{}, nil, err
	}
	unlock, err := b.System.LockOrders(ctx)
	if err != nil {
		return Shown{}, nil, err
	}
	defer unlock()

	var trace fetch.Trace
	var curlErr error
	var both sync.WaitGroup
	shown, err := b.clickIn(ctx, engine, listFastAPI, fetch.Request{}, func(ctx context.Context) error {
		mark := b.System.FastAPI.Mark()
		both.Go(func() {
			trace, curlErr = b.Lab.DirectWith(ctx, curl, fetch.Request{URL: b.fastAPIOrders(), Origin: b.Page})
		})
		if err := b.waitFor(ctx, mark, "curl/"); err != nil {
			return err
		}
		if err := b.waitFor(ctx, wire.Mark(0), "Mozilla/"); err != nil {
			return err
		}
		return unlock()
	})
	both.Wait()
	if err := errors.Join(err, curlErr); err != nil {
		return Shown{}, nil, err
	}
	traces := []fetch.Trace{trace}
	page := shown.at(b.System.FastAPI.Name())
	overlap := len(page) == 1 && len(trace.Exchanges) == 1 && page[0].Ended != nil && trace.Exchanges[0].Ended != nil &&
		page[0].Started < *trace.Exchanges[0].Ended && trace.Exchanges[0].Started < *page[0].Ended
	b.Expect(overlap, "the two requests were not under way at the same time")
	return shown, traces, b.called(traces...)
}

// waitFor waits until FastAPI has a request under way of a client whose
// User-Agent begins so.
func (b *Bench) waitFor(ctx context.Context, since wire.Mark, userAgent string) error {
	_, err := b.System.FastAPI.Wait(ctx, since, func(x fetch.Exchange) bool {
		agent, _ := x.Request.Headers.Get("User-Agent")
		return x.Response == nil && x.Incomplete == "" && strings.HasPrefix(agent, userAgent)
	})
	if err != nil {
		return fmt.Errorf("wait for the request of %s…: %w", userAgent, err)
	}
	return nil
}

// Package chromium sends real requests from a real Chromium and reports, for each, what
// the page could read, what was sent, and why the browser blocked it: the network error,
// and its message about blocking, translated into the code of the Network domain.
//
// A page's script sends a batch of requests, as many concurrently as the page has slots,
// so that a call needs neither a tab nor a round trip. One document sends all of them:
// with a frame for each slot, Chromium took a tenth more processor time. Several pages
// can send their requests in one round, see [browser.Engine]. A page is a hidden tab:
// with a window of its own, as for a [View], 30 pages took three times the processor
// time. All calls of one round have different URLs, so the URL of an exchange identifies
// its call. The Network domain is off in such a page: with it on, a bare loop of fetch()
// took about 1.5 times as long (2 cores); the log took no additional time. A [View],
// which is for few calls, has it on.
//
//	engine, err := chromium.Start(ctx, chromium.Config{Run: run, Router: router, Recorders: recorders})
//	if err != nil {
//		return err
//	}
//	defer engine.Close()
//	page, err := engine.Open(ctx, origin)
//	if err != nil {
//		return err
//	}
//	err = page.Observe(ctx, []browser.Job{{ID: "list", Request: fetch.Request{URL: url}}},
//		func(o browser.Observation) { fmt.Println(o.ID, o.Trace.Outcome.Kind) })
package chromium

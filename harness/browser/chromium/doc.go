// Package chromium makes real calls from a real Chromium and says, for each, what
// the page could read, what was sent, and why the browser said no: the network error and
// the sentence with which it blocks, translated into the code of the Network domain.
//
// A page's script makes a batch of calls, as many at a time as the page has slots, so
// a call costs neither a tab nor a round trip. All are made by the one document: with a
// frame for each slot, Chromium took a tenth more processor time.
// Several pages can make their calls in one round, see [browser.Engine]. A page is a hidden
// tab: with a window of its own, as a [View] has it, 30 pages took three times the
// processor time.
// No two calls of one round have the same URL; so the URL tells whose an
// exchange is. The Network domain stays off in such a page: with it on, a bare
// loop of fetch() took about 1.5 times as long (2 cores), with the log on no
// longer than without. A [View], which is for few calls, has it on.
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

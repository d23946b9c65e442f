// Package browser makes real calls from a real Chromium and says, for each, what
// the page could read, what was sent, and why the browser said no.
//
// Three witnesses are joined. The page reports what its code got. The recorders
// in front of the servers, together with the router that is the browser's only
// way out, decide what was sent: each exchange of the browser must belong to a
// call, and what isn't there is proven absent by a sentinel that arrived after
// it. Chromium's protocol explains: the network error and the sentence with
// which it blocks, translated into the code of the Network domain. Where two of
// them contradict each other, the observation fails with a [DisagreementError].
//
// The package refuses to change what it observes: it intercepts nothing, adds no
// header and turns off no cache. It does not retry, and it trusts no browser
// that has not passed the canary.
//
// A page's script makes a batch of calls, as many at a time as the page has slots, so
// a call costs neither a tab nor a round trip. All are made by the one document: with a
// frame for each slot, Chromium took a tenth more processor time.
// Several pages can make their calls in one round, see [Engine]. A page is a hidden
// tab: with a window of its own, as a [View] has it, 30 pages took three times the
// processor time.
// No two calls of one round have the same URL; so the URL tells whose an
// exchange is. The Network domain stays off in such a page: with it on, a bare
// loop of fetch() took about 1.5 times as long (2 cores), with the log on no
// longer than without. A [View], which is for few calls, has it on.
//
//	chromium, err := browser.StartChromium(ctx, browser.ChromiumConfig{Run: run, Router: router, Recorders: recorders})
//	if err != nil {
//		return err
//	}
//	defer chromium.Close()
//	page, err := chromium.Open(ctx, origin)
//	if err != nil {
//		return err
//	}
//	err = page.Observe(ctx, []browser.Job{{ID: "list", Request: fetch.Request{URL: url}}},
//		func(o browser.Observation) { fmt.Println(o.ID, o.Trace.Outcome.Kind) })
package browser

// Package browser has what all engines share: the interface to a real browser
// ([Engine], [Page], [Job]), its results ([Observation]), and how tests that drive one
// share a machine ([Turn]). Each engine is a package below it; there is one, chromium.
//
// Package witness joins three witnesses. The page reports what its code got. The
// recorders in front of the servers, together with the router that is the browser's
// only network access, decide what was sent: each exchange of the browser must belong
// to a call, and a sentinel that arrives later proves that nothing else was sent. The
// browser's protocol explains. If two of them contradict each other, the observation
// fails with a [DisagreementError].
//
// An engine does not change what it observes: it intercepts nothing, adds no header and
// disables no cache. It does not retry, and it must pass the [Canary] before it is used.
package browser

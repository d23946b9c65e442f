// Package browser is what all engines have in common: what is asked of a real browser
// ([Engine], [Page], [Job]), what comes of it ([Observation]), and how the tests that
// drive one share a machine ([Turn]). Each engine is a package below it; there is one,
// chromium.
//
// Three witnesses are joined, by package witness. The page reports what its code got. The
// recorders in front of the servers, together with the router that is the browser's only
// way out, decide what was sent: each exchange of the browser must belong to a call, and
// what isn't there is proven absent by a sentinel that arrived after it. The browser's
// protocol explains. Where two of them contradict each other, the observation fails with
// a [DisagreementError].
//
// An engine refuses to change what it observes: it intercepts nothing, adds no header and
// turns off no cache. It does not retry, and it is not trusted until it has passed the
// [Canary].
package browser

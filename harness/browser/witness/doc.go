// Package witness joins what the witnesses of a browser's calls say: the page, whose code
// got something or not; the browser's own protocol, which explains; and the recorders in
// front of the servers, which decide what was sent. Every engine has these three, so the
// package knows none of them: it takes the protocol's account as a [Request], and the
// page's as a [Report] of the script that all pages evaluate.
//
// page.js is that script: what a page sends, and how it reports, is decided there.
//
// A [Window] is what the recorders see during one observation. What it hasn't got is
// proven absent by sentinels: [Window.ProveAbsence].
package witness

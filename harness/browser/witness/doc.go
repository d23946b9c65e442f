// Package witness joins the witnesses of a browser's calls: the page, which reports what
// its code got; the browser's own protocol, which explains; and the recorders in front
// of the servers, which decide what was sent. Every engine has these three, so the
// package is independent of engines: it takes the protocol's report as a [Request], and
// the page's as a [Report] of the script that all pages evaluate.
//
// page.js is that script. It decides what a page sends and how it reports.
//
// A [Window] is what the recorders see during one observation. Sentinels prove that
// nothing else was sent: [Window.ProveAbsence].
package witness

// Package scenarios holds the rows of the proof as plain Go values: each a
// sentence about who enforces CORS, an experiment that shows it and a control in
// which one thing is changed. Its tests and `corsproof demo` run the same ones.
//
// [Mechanisms] are the rows on what protects a service in place of CORS; they have
// the same parts.
//
// A row works on a [Stage]: the system under proof behind its recorders, a real
// Chromium, direct clients and user agents. [Proof] lists the rows, [Run] runs them.
//
// The package states outcomes from the Fetch Standard and from what the
// sentence claims, never from an earlier run.
package scenarios

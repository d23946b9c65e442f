// Package scenarios holds the rows of the proof as plain Go values: each has a
// statement about who enforces CORS, an experiment that shows it, and a control in
// which one thing differs. Its tests and `corsproof demo` run the same rows.
//
// [Mechanisms] are the rows about what protects a service instead of CORS; they have
// the same parts.
//
// A row runs on a [Stage]: the system under proof behind its recorders, a real
// Chromium, direct clients and user agents. [Proof] returns the rows, [Run] runs them.
//
// Expected outcomes come from the Fetch Standard and the statement of the row, never
// from an earlier run.
package scenarios

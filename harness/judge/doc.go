// Package judge compares traces of one and the same request, and says where
// they differ. It is pure: no I/O, no clock.
//
// [Compare] holds what an engine did against what the model says that it does.
// A difference is nobody's fault yet: the model, the engine or the harness may
// be wrong. What the witnesses can't tell is not compared, and never counts as
// agreement: a trace that is unknown differs from every other.
package judge

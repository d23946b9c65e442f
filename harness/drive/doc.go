// Package drive has a browser make the requests of cases, each after the one before it,
// many cases at a time. What answers them is the caller's: a scripted server of written
// cases, or the target of a check.
package drive

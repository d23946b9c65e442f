// Package drive lets a browser send the requests of cases, many cases concurrently, and
// the requests of each case one after another. The caller provides the servers: a
// scripted server for written cases, or the target of a check.
package drive

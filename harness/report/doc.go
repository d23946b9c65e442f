// Package report holds the one versioned form in which results are written, and
// the ways to print it. It judges nothing: what it is given it shows.
package report

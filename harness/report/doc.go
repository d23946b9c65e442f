// Package report holds the one versioned form in which results are written, and
// the ways to print it. It judges nothing: what it is given it shows.
//
// # How a format is added
//
// A format of a check is a file of its own that takes a [CheckSummary], as
// checkmarkdown.go is, or each case as it is judged, as checkwriter.go (JSON) and junit.go
// are. The command's checkreport.go has the flag that asks for it, opens the file and
// feeds it; a flag that is no part of the check itself is named in rerun.go, too. Texts
// that several formats share are explainfinding.go's.
package report

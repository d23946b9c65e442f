// Package report defines the versioned format of results, and prints them. It judges
// nothing.
//
// # How a format is added
//
// A format of a check is a separate file. It takes a [CheckSummary], as checkmarkdown.go
// does, or each case as it is judged, as checkwriter.go (JSON) and junit.go do. The
// command's checkreport.go has the flag for it, opens the file and writes to it; a flag
// that is not part of the check itself is also listed in rerun.go. Texts that several
// formats share are in explainfinding.go.
package report

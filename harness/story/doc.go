// Package story tells what came of one request: what the page asked, what was sent and
// came back, which line decided, and what would have to come back instead.
//
// It judges on paper: the model of package fetch runs over answers that somebody else
// observed or recorded. The package does no I/O but to the writers that its views get. It
// refuses to guess: what a recording lacks makes a story whose end is unknown, and where
// an answer may be changed is marked as a guess.
//
//	s, err := story.Tell(ctx, story.Config{Request: request, Observed: &trace})
//	s.WriteText(os.Stdout)
//
// To send a request and tell its story, see package check.
package story

package gateway

import "github.com/corsproof/corsproof/harness/policy"

// A Wording is a fix in a gateway's own syntax.
type Wording struct {
	// Text is what to write, one or more lines.
	Text string
	// File and Line are where it goes; Line is 0 if that can't be told.
	File string
	Line int
}

// Fix words a fix in the syntax of the gateway, for the place in the user's
// config where it goes.
func (g *Gateway) Fix(f policy.Fix) Wording { return g.config.word(f) }

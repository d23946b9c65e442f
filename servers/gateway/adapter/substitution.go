package adapter

import (
	"fmt"
	"strings"
)

// A What says what a substitution replaces.
type What string

const (
	WhatListen      What = "listen address"
	WhatCertificate What = "certificate"
	WhatUpstream    What = "upstream address"
	WhatHealth      What = "upstream health"
	WhatLimit       What = "request limit"
	WhatLog         What = "log"
	WhatFolder      What = "temporary files"
	WhatProcess     What = "process"
	WhatFile        What = "file"
)

// A Substitution is one place of a config that is other than the user wrote it.
type Substitution struct {
	What What
	// File and Line are where, in the user's own files. Line is 0 for what the
	// gateway is told beside its config.
	File string
	Line int
	// From and To are the bytes that were there, and those that are there now.
	From, To string
}

// String returns one line for people.
func (s Substitution) String() string {
	at := s.File
	if s.Line > 0 {
		at = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	return fmt.Sprintf("%s: %s: %s -> %s", at, s.What, OneLine(s.From), OneLine(s.To))
}

// OneLine shows a text on one line, and none as what it is.
func OneLine(text string) string {
	const most = 120
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return "(nothing)"
	case len(text) > most:
		return text[:most] + "…"
	}
	return text
}

// A Note is something that runs, but not as it would elsewhere.
type Note struct {
	File string
	Line int
	Text string
}

// String returns one line for people.
func (n Note) String() string { return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text) }

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

// A Substitution is one change in the copy of a config.
type Substitution struct {
	What What
	// File and Line are the position in the user's own files. Line is 0 for what the
	// gateway gets in addition to its config, such as arguments.
	File string
	Line int
	// From and To are the bytes before and after the change.
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

// OneLine returns a text on one line, abridged; "(nothing)" for an empty text.
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

// A Note says what runs, but differently from where the config is used.
type Note struct {
	File string
	Line int
	Text string
}

// String returns one line for people.
func (n Note) String() string { return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text) }

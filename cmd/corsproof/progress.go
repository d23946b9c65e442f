package main

import (
	"fmt"
	"io"
	"time"

	"github.com/corsproof/corsproof/harness/report"
)

// progressPause is the least time between two lines of progress.
const (
	progressPause         = time.Second
	progressPauseTerminal = 100 * time.Millisecond
)

// A progress prints how far a run is: on a terminal in one line that it overwrites,
// elsewhere in a new line from time to time.
type progress struct {
	w        io.Writer
	terminal bool
	total    int

	done, bad int
	last      time.Time
	written   bool
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: styleOf(w) == report.StyleColor, last: time.Now()}
}

func (p *progress) add(bad bool) {
	if bad {
		p.bad++
	}
	p.at(p.done + 1)
}

// at sets the number of finished cases.
func (p *progress) at(done int) {
	p.done = done
	pause := progressPause
	if p.terminal {
		pause = progressPauseTerminal
	}
	if time.Since(p.last) < pause {
		return
	}
	line := fmt.Sprintf("%d of %d cases", p.done, p.total)
	if p.bad > 0 {
		line += fmt.Sprintf(", %d not passed", p.bad)
	}
	p.say(line)
}

// say prints a line.
func (p *progress) say(line string) {
	p.last = time.Now()
	if p.terminal {
		p.written = true
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// end clears the line.
func (p *progress) end() {
	if p.written {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.written = false
	}
}

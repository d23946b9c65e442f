package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Style says how a terminal is written to.
type Style string

const (
	StylePlain Style = "plain"
	StyleColor Style = "color"
)

// WriteProof prints the proof as a table for people, and under it what was not
// as it had to be.
func (r *Report) WriteProof(w io.Writer, style Style) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"#", "what was tried", "browser", "direct clients", "who enforced", "evidence", "result"})
	t.SetColumnConfigs([]table.ColumnConfig{
		wide(2, 40), wide(3, 12), wide(4, 15), wide(5, 12), wide(6, 36), {Number: 7, WidthMax: 10},
	})
	for _, row := range r.Proof {
		t.AppendSeparator()
		t.AppendRow(table.Row{row.Number, paint(style, text.Bold, row.Sentence), "", "", "", "", mark(style, row.End)})
		for _, leg := range row.Legs {
			result := ""
			if leg.End != EndProven {
				result = mark(style, leg.End)
			}
			t.AppendRow(table.Row{"", "· " + string(leg.Role) + ": " + leg.Tried, leg.Browser, leg.Direct, leg.Enforced, leg.Evidence, result})
		}
	}
	fmt.Fprintln(w, t.Render())

	for _, row := range r.Proof {
		for _, leg := range row.Legs {
			for _, d := range leg.Differentials {
				fmt.Fprintf(w, "row %d, %s: %s\n", row.Number, leg.Role, leg.Tried)
				WriteDifferential(w, d, style)
			}
		}
	}
	for _, row := range r.Proof {
		for _, leg := range row.Legs {
			fmt.Fprint(w, leg.Explain(row))
		}
	}
	for _, s := range r.Strays {
		fmt.Fprintf(w, "a request that belongs to no row: %s\n", s)
	}
	proven := 0
	for _, row := range r.Proof {
		if row.End == EndProven {
			proven++
		}
	}
	took := time.Duration(r.TookMillis) * time.Millisecond
	fmt.Fprintf(w, "%d of %d rows proven in %.1f s (%s)\n", proven, len(r.Proof), took.Seconds(), strings.Join(r.versions(), ", "))
}

func (r *Report) versions() []string {
	var v []string
	for _, e := range r.Environment.Engines {
		if e.Kind == fetch.CallerEngine {
			v = append(v, e.Version)
		}
	}
	for _, c := range r.Environment.Clients {
		v = append(v, c.Name+" "+c.Version)
	}
	return v
}

func wide(number, width int) table.ColumnConfig {
	return table.ColumnConfig{Number: number, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
}

func mark(style Style, e End) string {
	switch e {
	case EndProven:
		return paint(style, text.FgGreen, "proven")
	case EndNotProven:
		return paint(style, text.FgRed, "NOT PROVEN")
	}
	return paint(style, text.FgYellow, "UNKNOWN")
}

func paint(style Style, c text.Color, s string) string {
	if style != StyleColor {
		return s
	}
	return text.Colors{c}.EscapeSeq() + s + text.Reset.EscapeSeq()
}

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Style says how text is written to a terminal.
type Style string

const (
	StylePlain Style = "plain"
	StyleColor Style = "color"
)

// A section is the rows of one table.
type section struct {
	title string
	rows  []Row
	what  string // the rows are called
}

func (r *Report) sections() []section {
	all := []section{
		{"what was tried", r.Proof, "rows"},
		{"what protects a service", r.Mechanisms, "mechanisms"},
		{"what was tried in containers", r.Containers, "container rows"},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.rows) == 0 })
}

// WriteProof prints a table for each of the proof, the mechanisms and the rows in
// containers, and below each table what was wrong.
func (r *Report) WriteProof(w io.Writer, style Style) {
	for _, s := range r.sections() {
		writeTable(w, style, s.title, s.rows)
	}
	for _, row := range r.Rows() {
		for _, leg := range row.Legs {
			fmt.Fprint(w, leg.Explain(row))
		}
	}
	writeNotRun(w, r.Rows())
	for _, s := range r.Strays {
		fmt.Fprintf(w, "a request that belongs to no row: %s\n", s)
	}
	took := time.Duration(r.TookMillis) * time.Millisecond
	var counts []string
	for _, s := range r.sections() {
		counts = append(counts, count(s.rows, s.what))
	}
	fmt.Fprintf(w, "%s in %.1f s (%s)\n", strings.Join(counts, ", "), took.Seconds(), strings.Join(r.versions(), ", "))
}

// writeNotRun names the rows that were not run, once for each thing that is
// missing.
func writeNotRun(w io.Writer, rows []Row) {
	var missing []string
	names := map[string][]string{}
	for _, row := range rows {
		if row.End != EndNotRun {
			continue
		}
		if names[row.Missing] == nil {
			missing = append(missing, row.Missing)
		}
		names[row.Missing] = append(names[row.Missing], row.Name)
	}
	for _, m := range missing {
		fmt.Fprintf(w, "not run: %s: %s\n", strings.Join(names[m], ", "), m)
	}
}

// count says how many of the rows are proven, and how many were not run.
func count(rows []Row, what string) string {
	ends := map[End]int{}
	for _, row := range rows {
		ends[row.End]++
	}
	notRun := ""
	if n := ends[EndNotRun]; n > 0 {
		notRun = fmt.Sprintf(" (%d not run)", n)
	}
	return fmt.Sprintf("%d of %d %s proven%s", ends[EndProven], len(rows)-ends[EndNotRun], what, notRun)
}

// writeTable prints rows as a table.
func writeTable(w io.Writer, style Style, title string, rows []Row) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"#", title, "browser", "direct clients", "who enforced", "evidence", "result"})
	t.SetColumnConfigs([]table.ColumnConfig{
		wide(2, 40), wide(3, 12), wide(4, 15), wide(5, 12), wide(6, 36), {Number: 7, WidthMax: 10},
	})
	for _, row := range rows {
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

	for _, row := range rows {
		for _, leg := range row.Legs {
			for _, d := range leg.Differentials {
				fmt.Fprintf(w, "row %d, %s: %s\n", row.Number, leg.Role, leg.Tried)
				WriteDifferential(w, d, style)
			}
		}
	}
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
	case EndNotRun:
		return paint(style, text.FgYellow, "not run")
	}
	return paint(style, text.FgYellow, "UNKNOWN")
}

func paint(style Style, c text.Color, s string) string {
	if style != StyleColor {
		return s
	}
	return text.Colors{c}.EscapeSeq() + s + text.Reset.EscapeSeq()
}

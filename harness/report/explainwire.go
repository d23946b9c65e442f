package report

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// explainNote says in a line what is worth knowing, and where the policy is about it. The
// evidence stands in the report.
func explainNote(n judge.Finding) string {
	where := ""
	if len(n.Routes) == 1 {
		where = " on route " + printable(n.Routes[0])
	}
	return fmt.Sprintf("%s: note: %s%s: %s%s; corsproof explain %s", n.Rule.At, n.ID, where, printable(n.Summary), inCases(len(n.Cases)), n.ID)
}

// wireLines are the exchanges with the headers that decide, as they were sent, in so
// many lines at most. Where there is no room for all, the exchange that decided has
// it first: the others have a line each, as far as that goes.
func wireLines(e judge.Evidence, room int) []string {
	var all, folded []string
	if e.FromCache {
		all = append(all, "nothing was asked: the answer was kept from")
		folded = append(folded, all...)
	}
	decided := 0 // where it begins in folded
	for i := range e.Exchanges {
		lines := exchangeLines(&e.Exchanges[i])
		all = append(all, lines...)
		if i == e.Decisive {
			decided = len(folded)
		} else if more := len(lines) - 1; more > 0 {
			lines = []string{fmt.Sprintf("%s, and %d more", lines[0], more)}
		}
		folded = append(folded, lines...)
	}
	if e.NeverSent != "" {
		never := fmt.Sprintf("%-8s never sent", e.NeverSent)
		all, folded = append(all, never), append(folded, never)
	}
	if len(all) <= room {
		return all
	}
	if last := decided + len(exchangeLines(decisive(e))); last > room {
		folded = folded[min(decided, last-room+1):] // room for one line that says how many more
	}
	if len(folded) <= room {
		return folded
	}
	if room == 1 {
		return []string{fmt.Sprintf("%s, and %d more lines, in the report", folded[0], len(all)-1)}
	}
	return append(folded[:room-1], fmt.Sprintf("and %d more lines, in the report", len(all)-room+1))
}

// decisive is the exchange that decided; one without an answer if there is none.
func decisive(e judge.Evidence) *fetch.Exchange {
	if e.Decisive < 0 || e.Decisive >= len(e.Exchanges) {
		return &fetch.Exchange{}
	}
	return &e.Exchanges[e.Decisive]
}

// exchangeLines are an exchange with the headers that decide.
func exchangeLines(x *fetch.Exchange) []string {
	if x.Response == nil {
		return []string{fmt.Sprintf("%-8s no answer: %s", x.Request.Method, x.Incomplete)}
	}
	first := fmt.Sprintf("%-8s -> %d  ", x.Request.Method, x.Response.Status)
	if len(x.Response.Headers) == 0 {
		return []string{first + "no Access-Control header"}
	}
	var lines []string
	for _, h := range inOrder(x.Response.Headers) {
		lines = append(lines, fmt.Sprintf("%s%s: %q", first, h.Name(), h.Value()))
		first = strings.Repeat(" ", len(first))
	}
	return lines
}

package report

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// explainLines bounds what [Leg.Explain] says of the evidence.
const explainLines = 12

// Explain says what was wrong in the leg, with the evidence: the request, its result for
// each caller, and the exchanges. It returns an empty string for a leg that is proven.
func (l Leg) Explain(row Row) string {
	if l.End == EndProven {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "row %d, %s: %s (%s)\n", row.Number, row.Sentence, l.End, l.Tried)
	for _, f := range l.Failures {
		field(&b, string(l.Role), f)
	}
	if l.Unknown != "" {
		field(&b, "unknown", l.Unknown)
	}
	lines := 0
	for _, t := range l.Traces {
		if lines += 2 + len(t.Exchanges); lines > explainLines {
			field(&b, "and", "more, in the report")
			break
		}
		explainTrace(&b, t)
	}
	field(&b, "rerun", fmt.Sprintf("go test ./scenarios -run '^%s$/^%s$'", row.Test, row.Name))
	return b.String()
}

func explainTrace(b *strings.Builder, t fetch.Trace) {
	method := t.Request.Method
	if method == "" {
		method = "GET"
	}
	from := ""
	if t.Request.Origin != "" {
		from = "  from " + t.Request.Origin
	}
	field(b, "request", fmt.Sprintf("%s %s%s", method, t.Request.URL, from))
	field(b, t.Caller.Name, outcome(t.Outcome))
	sent := false
	for i, x := range t.Exchanges {
		name := ""
		if i == 0 {
			name = "wire"
		}
		field(b, name, exchange(x))
		sent = sent || x.Kind == fetch.ExchangeRequest
	}
	if !sent {
		field(b, "", fmt.Sprintf("%-8s never sent", method))
	}
}

func outcome(o fetch.Outcome) string {
	switch {
	case o.Response != nil:
		return fmt.Sprintf("response type %q, status %d, %d body bytes read", o.Response.Type, o.Response.Status, o.Response.Body.Length)
	case o.Block != nil && o.Block.Code != "":
		return fmt.Sprintf("%s: %s %s", o.Kind, o.Block.Code, o.Block.Parameter)
	}
	return fmt.Sprintf("%s: %s", o.Kind, o.Error)
}

func exchange(x fetch.Exchange) string {
	if x.Response == nil {
		return fmt.Sprintf("%-8s no answer: %s (%s)", x.Request.Method, x.Incomplete, x.ID)
	}
	allow := "no Access-Control-Allow-Origin"
	if lines := x.Response.Headers.Lines("Access-Control-Allow-Origin"); len(lines) > 0 {
		allow = fmt.Sprintf("Access-Control-Allow-Origin: %q", lines)
	}
	return fmt.Sprintf("%-8s -> %d  %s (%s)", x.Request.Method, x.Response.Status, allow, x.ID)
}

func field(b *strings.Builder, name, text string) {
	fmt.Fprintf(b, "    %-11s %s\n", name, strings.TrimSpace(text))
}

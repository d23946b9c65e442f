package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Judge compares a trace with the expectation. It judges only what the expectation
// states, but always all exchanges. It judges phase, step and detail as far as the trace
// tells: an engine gives no reason for what the API refuses, nor for each network error.
// It ignores which connections an engine uses: a request that the engine repeats on
// another connection counts once. Without an expectation it judges nothing.
func (e *Expect) Judge(trace fetch.Trace) []Mismatch {
	if e == nil {
		return nil
	}
	var out []Mismatch
	differ := func(what, want, got string) {
		if want != got {
			out = append(out, Mismatch{What: what, Want: strconv.Quote(want), Got: strconv.Quote(got)})
		}
	}
	o := trace.Outcome
	differ("outcome", string(e.Outcome), string(o.Kind))
	var block fetch.Block
	if o.Block != nil {
		block = *o.Block
	}
	engine := trace.Caller.Kind == fetch.CallerEngine
	if e.Phase != "" && e.Phase != PhaseAny && (!engine || block.Phase != "") {
		differ("phase", e.Phase, block.Phase)
		if !engine || block.Step != "" {
			differ("step", e.Step, block.Step)
		}
		if e.Detail != "" && (!engine || block.Detail != "") {
			differ("detail", e.Detail, block.Detail)
		}
	}
	if e.Outcome == fetch.OutcomeResponse && o.Response != nil {
		differ("type", string(e.Type), string(o.Response.Type))
		if e.Status != 0 {
			differ("status", strconv.Itoa(e.Status), strconv.Itoa(o.Response.Status))
		}
		if e.URL != "" {
			differ("url", e.URL, o.Response.URL)
		}
		for _, name := range e.Readable {
			differ("readable "+name, "true", strconv.FormatBool(o.Response.Headers.Contains(name)))
		}
		for _, name := range e.Unreadable {
			differ("readable "+name, "false", strconv.FormatBool(o.Response.Headers.Contains(name)))
		}
		for _, line := range e.Headers {
			h := line.redacted()
			differ("readable "+h.Name(), h.Value(), valueIn(o.Response.Headers, h.Name()))
		}
	}
	var want, got []string
	for _, x := range e.Exchanges {
		want = append(want, x.Send)
	}
	exchanges := trace.Exchanges
	if engine {
		exchanges = nil
		for i, x := range trace.Exchanges {
			if !fetch.IsSentAgain(trace.Exchanges, i) {
				exchanges = append(exchanges, x)
			}
		}
	}
	for _, x := range exchanges {
		got = append(got, x.Request.Method+" "+x.Server+x.Request.Target)
	}
	differ("exchanges", strings.Join(want, "; "), strings.Join(got, "; "))
	if slices.Equal(want, got) {
		for i, x := range e.Exchanges {
			x.judge(exchanges[i].Request, differ)
		}
	}
	return out
}

// redacted is [HeaderLine.Header] as a trace has it.
func (l HeaderLine) redacted() fetch.Header { return fetch.HeaderList{l.Header()}.Redacted()[0] }

// valueIn returns the value of the header called name, "-" for none.
func valueIn(headers fetch.HeaderList, name string) string {
	if v, ok := headers.Get(name); ok {
		return v
	}
	return "-"
}

// judge holds one request on the wire against what must arrive.
func (x *Exchange) judge(sent fetch.SentRequest, differ func(what, want, got string)) {
	differ(x.Send+": Origin", x.Origin, valueIn(sent.Headers, "Origin"))
	if x.Asks != "" {
		differ(x.Send+": Access-Control-Request-Method", x.Asks, valueIn(sent.Headers, "Access-Control-Request-Method"))
		differ(x.Send+": Access-Control-Request-Headers", x.For, valueIn(sent.Headers, "Access-Control-Request-Headers"))
	} else {
		differ(x.Send+": is a preflight", "false", strconv.FormatBool(sent.IsPreflight()))
	}
	if x.Referer != "" {
		differ(x.Send+": Referer", x.Referer, valueIn(sent.Headers, "Referer"))
	}
	for _, line := range x.Has {
		h := line.redacted()
		got := valueIn(sent.Headers, h.Name())
		if strings.EqualFold(h.Name(), "Content-Type") {
			got = withAnyBoundary(h.Value(), got)
		}
		differ(x.Send+": "+h.Name(), h.Value(), got)
	}
	for _, line := range x.Lacks {
		if name, _, isLine := strings.Cut(line, ":"); isLine {
			h := HeaderLine(line).redacted()
			has := slices.Contains(sent.Headers.Lines(name), h.Value())
			differ(x.Send+": "+name+": "+h.Value(), "false", strconv.FormatBool(has))
			continue
		}
		differ(x.Send+": "+line, "-", valueIn(sent.Headers, line))
	}
	if len(x.Cookies) > 0 {
		names := fetch.CookieNames(sent.Headers)
		if names == nil {
			names = []string{"-"}
		}
		differ(x.Send+": cookies", strings.Join(x.Cookies, " "), strings.Join(names, " "))
	}
}

// withAnyBoundary replaces the boundary of the type that was sent by "*", which no
// boundary holds, if that is the one of the type that is wanted.
func withAnyBoundary(want, got string) string {
	const form = "multipart/form-data; boundary="
	if boundary, ok := strings.CutPrefix(got, form); ok && boundary != "" && want == form+"*" {
		return want
	}
	return got
}

package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Judge holds a trace against the expectation. It judges what is stated and
// nothing else; all exchanges are. Of phase, step and detail it judges as much as
// the trace tells: an engine has no words for what the API refuses, nor for each
// network error. Of no expectation it judges nothing.
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
	if e.Phase != "" && (!engine || block.Phase != "") {
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
	}
	var want, got []string
	for _, x := range e.Exchanges {
		want = append(want, x.Send)
	}
	for _, x := range trace.Exchanges {
		got = append(got, x.Request.Method+" "+x.Server+x.Request.Target)
	}
	differ("exchanges", strings.Join(want, "; "), strings.Join(got, "; "))
	if slices.Equal(want, got) {
		for i, x := range e.Exchanges {
			x.judge(trace.Exchanges[i].Request, differ)
		}
	}
	return out
}

// judge holds one request on the wire against what must arrive.
func (x *Exchange) judge(sent fetch.SentRequest, differ func(what, want, got string)) {
	get := func(name string) string {
		if v, ok := sent.Headers.Get(name); ok {
			return v
		}
		return "-"
	}
	differ(x.Send+": Origin", x.Origin, get("Origin"))
	if x.Asks != "" {
		differ(x.Send+": Access-Control-Request-Method", x.Asks, get("Access-Control-Request-Method"))
		differ(x.Send+": Access-Control-Request-Headers", x.For, get("Access-Control-Request-Headers"))
	} else {
		differ(x.Send+": is a preflight", "false", strconv.FormatBool(sent.IsPreflight()))
	}
	for _, line := range x.Has {
		h := line.Header()
		differ(x.Send+": "+h.Name(), h.Value(), get(h.Name()))
	}
	for _, name := range x.Lacks {
		if name, value, line := strings.Cut(name, ":"); line {
			has := slices.Contains(sent.Headers.Lines(name), strings.Trim(value, "\t "))
			differ(x.Send+": "+name+": "+strings.TrimSpace(value), "false", strconv.FormatBool(has))
			continue
		}
		differ(x.Send+": "+name, "-", get(name))
	}
	if len(x.Cookies) > 0 {
		names := fetch.CookieNames(sent.Headers)
		if names == nil {
			names = []string{"-"}
		}
		differ(x.Send+": cookies", strings.Join(x.Cookies, " "), strings.Join(names, " "))
	}
}

package fuzz

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// CompareModels is the [Compare] of two traces that are the model's: nothing is
// left out.
func CompareModels(a, b fetch.Trace) []Difference {
	var out []Difference
	differ := func(what, x, y string) {
		if x != y {
			out = append(out, Difference{What: what, Model: strconv.Quote(x), Engine: strconv.Quote(y)})
		}
	}
	differ("outcome", string(a.Outcome.Kind), string(b.Outcome.Kind))
	differ("exchanges", sent(a), sent(b))
	blockA, blockB := blockOf(a), blockOf(b)
	differ("phase and step", blockA.Phase+" "+blockA.Step, blockB.Phase+" "+blockB.Step)
	differ("detail", blockA.Detail, blockB.Detail)
	if a.Outcome.Response != nil && b.Outcome.Response != nil {
		x, y := a.Outcome.Response, b.Outcome.Response
		differ("type", string(x.Type), string(y.Type))
		differ("status", strconv.Itoa(x.Status), strconv.Itoa(y.Status))
		differ("url", x.URL, y.URL)
		differ("redirected", strconv.FormatBool(x.Redirected), strconv.FormatBool(y.Redirected))
		differ("readable headers", headerText(x.Headers), headerText(y.Headers))
		differ("body", x.Body.Digest, y.Body.Digest)
	}
	if sent(a) == sent(b) {
		for i := range a.Exchanges {
			x, y := a.Exchanges[i], b.Exchanges[i]
			differ("kind of exchange "+strconv.Itoa(i+1), string(x.Kind), string(y.Kind))
			differ("headers of exchange "+strconv.Itoa(i+1), sortedText(x.Request.Headers), sortedText(y.Request.Headers))
			differ("body of exchange "+strconv.Itoa(i+1), x.Request.Body.Digest, y.Request.Body.Digest)
		}
	}
	return out
}

func blockOf(t fetch.Trace) fetch.Block {
	if t.Outcome.Block == nil {
		return fetch.Block{}
	}
	return *t.Outcome.Block
}

// sent is what a trace sent, in a line.
func sent(t fetch.Trace) string {
	var out []string
	for _, x := range t.Exchanges {
		out = append(out, x.Request.Method+" "+x.Server+x.Request.Target)
	}
	return strings.Join(out, "; ")
}

func headerText(l fetch.HeaderList) string {
	var out []string
	for _, h := range l {
		out = append(out, h.Name()+": "+h.Value())
	}
	return strings.Join(out, "\n")
}

func sortedText(l fetch.HeaderList) string {
	lines := strings.Split(headerText(l), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

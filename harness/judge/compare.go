package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Difference is one thing in which two traces differ.
type Difference struct {
	// What names the thing, as in "outcome" or "exchange 2: Origin".
	What string `json:"what"`
	// Model and Engine are the two values, quoted where they are bytes.
	Model  string `json:"model"`
	Engine string `json:"engine"`
}

// String says it in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: model %s, engine %s", d.What, d.Model, d.Engine)
}

// Compare returns in what the model's trace and an engine's differ: exchanges by
// count, order, method, URL, Origin and Access-Control-Request-* headers;
// outcome, response type, status, readable headers, body; phase, step and
// detail of a network error, as far as the engine gives a reason.
//
// Each exchange's Server has to be the origin that was asked, as the model
// writes it and as a scripted server's recorder does.
func Compare(model, engine fetch.Trace) []Difference {
	c := &comparison{}
	c.exchanges(model.Exchanges, engine.Exchanges)
	c.outcome(model, engine)
	return c.differences
}

type comparison struct{ differences []Difference }

func (c *comparison) differ(what, model, engine string) {
	if model != engine {
		c.differences = append(c.differences, Difference{what, model, engine})
	}
}

func (c *comparison) exchanges(model, engine []fetch.Exchange) {
	m, e := requestLines(model), requestLines(engine)
	if !slices.Equal(m, e) {
		c.differ("exchanges", strings.Join(m, "; "), strings.Join(e, "; "))
		return
	}
	for i := range model {
		a, b := model[i].Request, engine[i].Request
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			c.differ(fmt.Sprintf("exchange %d: %s", i+1, name), lines(a.Headers, name), lines(b.Headers, name))
		}
		c.differ(fmt.Sprintf("exchange %d: cookies", i+1), cookieNames(a.Headers), cookieNames(b.Headers))
	}
}

// requestLines returns "METHOD URL" of each exchange.
func requestLines(exchanges []fetch.Exchange) []string {
	out := make([]string, len(exchanges))
	for i, x := range exchanges {
		out[i] = x.Request.Method + " " + x.Server + x.Request.Target
	}
	return out
}

// lines returns the header's lines, quoted; "none" if there are none.
func lines(l fetch.HeaderList, name string) string {
	values := l.Lines(name)
	if len(values) == 0 {
		return "none"
	}
	return fmt.Sprintf("%q", values)
}

// cookieNames says which cookies were sent; values are redacted.
func cookieNames(l fetch.HeaderList) string {
	names := fetch.CookieNames(l)
	if names == nil {
		return "none"
	}
	return strings.Join(names, " ")
}

func (c *comparison) outcome(modelTrace, engineTrace fetch.Trace) {
	model, engine := modelTrace.Outcome, engineTrace.Outcome
	if model.Kind != engine.Kind {
		c.differ("outcome", describe(model), describe(engine))
		return
	}
	switch model.Kind {
	case fetch.OutcomeResponse:
		c.response(modelTrace.Request.API, model.Response, engine.Response)
	case fetch.OutcomeNetworkError:
		if !namesAnotherHeader(engineTrace, model.Block, engine.Block) {
			c.block(model.Block, engine.Block)
		}
	case fetch.OutcomeUnknown:
		c.differences = append(c.differences, Difference{"outcome", describe(model), describe(engine)})
	}
}

// describe says an outcome in a few words.
func describe(o fetch.Outcome) string {
	switch {
	case o.Response != nil:
		return fmt.Sprintf("response of type %s, status %d", o.Response.Type, o.Response.Status)
	case o.Block != nil && o.Block.Phase != "":
		return fmt.Sprintf("%s in %s, step %s: %s", o.Kind, o.Block.Phase, o.Block.Step, o.Block.Detail)
	case o.Block != nil:
		return fmt.Sprintf("%s: %s", o.Kind, o.Block.Sentence)
	}
	return strings.TrimSuffix(fmt.Sprintf("%s: %s", o.Kind, o.Error), ": ")
}

func (c *comparison) response(api fetch.API, model, engine *fetch.ReadResponse) {
	if model == nil || engine == nil {
		c.differ("response", strconv.FormatBool(model != nil), strconv.FormatBool(engine != nil))
		return
	}
	if api != fetch.APIXHR { // which tells neither
		c.differ("type", string(model.Type), string(engine.Type))
		c.differ("redirected", strconv.FormatBool(model.Redirected), strconv.FormatBool(engine.Redirected))
	}
	c.differ("status", strconv.Itoa(model.Status), strconv.Itoa(engine.Status))
	c.differ("readable headers", headers(model.Headers), headers(engine.Headers))
	c.differ("body", body(model.Body), body(engine.Body))
}

func headers(l fetch.HeaderList) string {
	var out []string
	for _, h := range l {
		out = append(out, fmt.Sprintf("%s: %q", strings.ToLower(h.Name()), h.Value()))
	}
	if len(out) == 0 {
		return "none"
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// body tells no body from an empty one as little as page code does.
func body(p fetch.Payload) string {
	if p.Length == 0 {
		return "0 bytes"
	}
	return fmt.Sprintf("%d bytes, %s", p.Length, p.Digest)
}

// block compares the reasons, as far as the engine's goes: an engine that gives
// none, or no step, has told nothing of it.
func (c *comparison) block(model, engine *fetch.Block) {
	switch {
	case model == nil:
		c.differences = append(c.differences, Difference{"reason", "none", "another"})
	case engine == nil || engine.Phase == "":
		// What ends in the CORS protocol, an engine has a code for.
		if isCORS(model.Phase) || engine != nil {
			c.differ("reason", place(model), place(engine))
		}
	default:
		told := *model
		if engine.Step == "" {
			told.Step = ""
		}
		if engine.Detail == "" {
			told.Detail = ""
		}
		c.differ("reason", place(&told), place(engine))
	}
}

func place(b *fetch.Block) string {
	if b == nil {
		return "none given"
	}
	if b.Phase == "" {
		return fmt.Sprintf("%s: %q", b.Code, b.Sentence)
	}
	return fmt.Sprintf("%s, step %s: %s", b.Phase, b.Step, b.Detail)
}

// isCORS reports whether an engine has a reason of the CORS protocol for what
// ends in the algorithm.
func isCORS(phase string) bool {
	return phase == "concept-cors-check" || phase == "cors-preflight-fetch-0"
}

// namesAnotherHeader reports whether the reasons differ in nothing but which of
// several headers is named that the preflight's response doesn't list: an engine
// has them in no order.
func namesAnotherHeader(engineTrace fetch.Trace, model, engine *fetch.Block) bool {
	if model == nil || engine == nil || engine.Parameter == "" || !isUnlisted(model) || !isUnlisted(engine) {
		return false
	}
	n := len(engineTrace.Exchanges)
	if n == 0 || engineTrace.Exchanges[n-1].Response == nil {
		return false
	}
	preflight := engineTrace.Exchanges[n-1]
	asked, _ := preflight.Request.Headers.Get("Access-Control-Request-Headers")
	listed := fetch.ExtractHeaderListValues("Access-Control-Allow-Headers", preflight.Response.Headers)
	wildcard := listed.Contains(fetch.Wildcard) && engineTrace.Request.Credentials != fetch.CredentialsInclude
	return slices.Contains(strings.Split(asked, ","), strings.ToLower(engine.Parameter)) &&
		!listed.ContainsName(engine.Parameter) && !wildcard
}

// isUnlisted reports whether a header isn't listed: steps 7.6 and 7.7 of
// CORS-preflight fetch.
func isUnlisted(b *fetch.Block) bool {
	return b.Phase == "cors-preflight-fetch-0" && (b.Step == "7.6" || b.Step == "7.7")
}

package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Difference is one thing in which two traces differ.
type Difference struct {
	catalog.Subject
	// Model and Engine are the two values.
	Model, Engine catalog.Value
}

// String returns the difference in one line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: model %s, engine %s", d.Subject, d.Model, d.Engine)
}

// differenceText is a difference in JSON: all of it in words.
type differenceText struct {
	What   string `json:"what"`
	Model  string `json:"model"`
	Engine string `json:"engine"`
}

func (d Difference) text() differenceText {
	return differenceText{d.Subject.String(), d.Model.String(), d.Engine.String()}
}

// MarshalJSON implements [json.Marshaler].
func (d Difference) MarshalJSON() ([]byte, error) { return json.Marshal(d.text()) }

// UnmarshalJSON implements [json.Unmarshaler]. JSON has only texts, so the subject
// becomes a field with that name, and both values become [catalog.Text].
func (d *Difference) UnmarshalJSON(data []byte) error {
	var text differenceText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*d = text.difference()
	return nil
}

func (t differenceText) difference() Difference {
	return Difference{catalog.Subject{Field: catalog.Field(t.What)}, catalog.Text(t.Model), catalog.Text(t.Engine)}
}

// Compare returns the differences between the model's trace and an engine's. It compares
// the exchanges by count, order, method, URL, Origin and Access-Control-Request-*
// headers; the outcome, response type, status, readable headers and body; and the phase,
// step and detail of a network error, as far as the engine gives a reason.
//
// The Server of each exchange has to be the origin that got the request, as the model and
// a scripted server's recorder write it.
func Compare(model, engine fetch.Trace) []Difference {
	c := &comparison{}
	c.exchanges(model.Exchanges, engine.Exchanges)
	c.outcome(model, engine)
	return c.differences
}

type comparison struct{ differences []Difference }

func (c *comparison) differ(subject catalog.Subject, model, engine catalog.Value) {
	if model.String() != engine.String() {
		c.differences = append(c.differences, Difference{subject, model, engine})
	}
}

func (c *comparison) differIn(field catalog.Field, model, engine catalog.Value) {
	c.differ(catalog.Subject{Field: field}, model, engine)
}

func (c *comparison) exchanges(model, engine []fetch.Exchange) {
	m, e := catalog.SentIn(model), catalog.SentIn(engine)
	if m.String() != e.String() {
		c.differIn(catalog.FieldExchanges, m, e)
		return
	}
	for i := range model {
		a, b := model[i].Request, engine[i].Request
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			sent := catalog.Subject{Field: catalog.FieldSent, Exchange: i + 1, Header: name}
			c.differ(sent, catalog.Text(lines(a.Headers, name)), catalog.Text(lines(b.Headers, name)))
		}
		cookies := catalog.Subject{Field: catalog.FieldCookies, Exchange: i + 1}
		c.differ(cookies, catalog.Text(cookieNames(a.Headers)), catalog.Text(cookieNames(b.Headers)))
	}
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
		c.differIn(catalog.FieldOutcome, catalog.Text(describe(model)), catalog.Text(describe(engine)))
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
		c.differences = append(c.differences, Difference{catalog.Subject{Field: catalog.FieldOutcome}, catalog.Text(describe(model)), catalog.Text(describe(engine))})
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
		c.differIn(catalog.FieldResponse, catalog.Truth(model != nil), catalog.Truth(engine != nil))
		return
	}
	if api != fetch.APIXHR { // which tells neither
		c.differIn(catalog.FieldType, catalog.Text(model.Type), catalog.Text(engine.Type))
		c.differIn(catalog.FieldRedirected, catalog.Truth(model.Redirected), catalog.Truth(engine.Redirected))
	}
	c.differIn(catalog.FieldStatus, catalog.Number(model.Status), catalog.Number(engine.Status))
	c.differIn(catalog.FieldReadableHeaders, catalog.Text(headers(model.Headers)), catalog.Text(headers(engine.Headers)))
	c.differIn(catalog.FieldBody, catalog.Text(body(model.Body)), catalog.Text(body(engine.Body)))
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
		c.differences = append(c.differences, Difference{catalog.Subject{Field: catalog.FieldReason}, catalog.Text("none"), catalog.Text("another")})
	case engine == nil || engine.Phase == "":
		// What ends in the CORS protocol, an engine has a code for.
		if isCORS(model.Phase) || engine != nil {
			c.differIn(catalog.FieldReason, catalog.Text(place(model)), catalog.Text(place(engine)))
		}
	default:
		told := *model
		if engine.Step == "" {
			told.Step = ""
		}
		if engine.Detail == "" {
			told.Detail = ""
		}
		c.differIn(catalog.FieldReason, catalog.Text(place(&told)), catalog.Text(place(engine)))
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

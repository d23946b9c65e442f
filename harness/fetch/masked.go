package fetch

import "slices"

// A Mask removes secrets from a text. If the text was cut at its end, it also removes the
// rest of a secret that was cut.
type Mask func(text string, cut bool) string

// whole masks a text that was not cut.
func (m Mask) whole(text string) string {
	if text == "" {
		return ""
	}
	return m(text, false)
}

// Masked returns a copy of the trace with a masked version of every text that a server or
// a page wrote, or that was sent to one. [HeaderList.Redacted] removes values that are
// secret by the name of their header; a mask removes a known secret wherever it occurs.
// The copy shares nothing that is masked with t.
func (t Trace) Masked(mask Mask) Trace {
	t.Request = t.Request.masked(mask)
	t.Exchanges = slices.Clone(t.Exchanges)
	for i := range t.Exchanges {
		t.Exchanges[i] = t.Exchanges[i].Masked(mask)
	}
	t.Outcome.Error = mask.whole(t.Outcome.Error)
	if t.Outcome.Response != nil {
		read := *t.Outcome.Response
		read.URL, read.Headers, read.Body = mask.whole(read.URL), read.Headers.masked(mask), read.Body.masked(mask)
		t.Outcome.Response = &read
	}
	if t.Outcome.Block != nil {
		block := *t.Outcome.Block
		block.Sentence, block.Code, block.Parameter = mask.whole(block.Sentence), mask.whole(block.Code), mask.whole(block.Parameter)
		t.Outcome.Block = &block
	}
	return t
}

// Masked is [Trace.Masked] for one exchange.
func (x Exchange) Masked(mask Mask) Exchange {
	x.Incomplete = mask.whole(x.Incomplete)
	x.Request.Method, x.Request.Target = mask.whole(x.Request.Method), mask.whole(x.Request.Target)
	x.Request.Headers, x.Request.Body = x.Request.Headers.masked(mask), x.Request.Body.masked(mask)
	if x.Response != nil {
		response := *x.Response
		response.Reason, response.Headers, response.Body = mask.whole(response.Reason), response.Headers.masked(mask), response.Body.masked(mask)
		x.Response = &response
	}
	if x.Protocol != nil {
		view := *x.Protocol
		view.ErrorText, view.FailedParameter = mask.whole(view.ErrorText), mask.whole(view.FailedParameter)
		x.Protocol = &view
	}
	return x
}

func (r Request) masked(mask Mask) Request {
	r.Method, r.URL, r.Referrer, r.Headers = mask.whole(r.Method), mask.whole(r.URL), mask.whole(r.Referrer), r.Headers.masked(mask)
	if r.Body != nil {
		body := *r.Body
		body.ContentType, body.Bytes = mask.whole(body.ContentType), mask.whole(body.Bytes)
		r.Body = &body
	}
	return r
}

func (l HeaderList) masked(mask Mask) HeaderList {
	l = slices.Clone(l)
	for i, h := range l {
		l[i] = Header{mask.whole(h.Name()), mask.whole(h.Value())}
	}
	return l
}

func (p Payload) masked(mask Mask) Payload {
	if p.Prefix != "" {
		p.Prefix = mask(p.Prefix, p.Length > PrefixLimit)
	}
	return p
}

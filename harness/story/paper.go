package story

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A paper runs the model over answers that were observed, some of them changed.
type paper struct {
	request  fetch.Request
	answers  []fetch.Exchange
	changes  []Change
	supposed bool // what nobody answered is answered with success
	// unanswered is the first request that the model made and nobody had answered.
	unanswered string
}

// run returns what the model makes of the request.
func (p *paper) run(ctx context.Context) (fetch.Trace, error) {
	p.unanswered = ""
	used := make([]bool, len(p.answers))
	ua := &fetch.UserAgent{Profile: &fetch.Chromium, Client: fetch.Environment{PromptsCancelled: true}}
	return ua.Predict(ctx, p.request, func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		url := withoutFragment(r.URL.String())
		for i, x := range p.answers {
			if used[i] || x.Request.IsPreflight() != r.Preflight || x.Request.Method != r.Method || x.Server+x.Request.Target != url {
				continue
			}
			used[i] = true
			if x.Response == nil {
				return fetch.NetworkResponse{Failed: x.Incomplete, Failure: x.Failure}, nil
			}
			body := x.Response.Body
			return p.changed(r, fetch.NetworkResponse{
				Status: x.Response.Status, Reason: x.Response.Reason, Headers: x.Response.Headers, Body: body, Content: &body,
				ConnectionReused: fetch.IsSentAgain(p.answers, i),
			}), nil
		}
		if p.unanswered == "" {
			p.unanswered = r.Method + " " + url
			if r.Preflight {
				p.unanswered = "the preflight, " + p.unanswered
			}
		}
		if !p.supposed {
			return fetch.NetworkResponse{Failed: "nobody recorded an answer to " + r.Method + " " + url}, nil
		}
		return p.changed(r, fetch.NetworkResponse{Status: 200, Headers: fetch.HeaderList{}, Body: fetch.PayloadOf(nil)}), nil
	})
}

// deal gives each request of the model the next of the responses, and returns the
// exchanges. Informational responses are none that a page waits for:
// https://www.rfc-editor.org/rfc/rfc9110#section-15.2.
func deal(ctx context.Context, r fetch.Request, heads []fetch.SentResponse) ([]fetch.Exchange, error) {
	heads = slices.DeleteFunc(slices.Clone(heads), func(h fetch.SentResponse) bool { return h.Status > 0 && h.Status < 200 })
	ua := &fetch.UserAgent{Profile: &fetch.Chromium, Client: fetch.Environment{PromptsCancelled: true}}
	t, err := ua.Predict(ctx, r, func(_ context.Context, n fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		if len(heads) == 0 {
			return fetch.NetworkResponse{Failed: "no response is recorded"}, nil
		}
		h := heads[0]
		heads = heads[1:]
		if h.Status == 0 {
			h.Status = 200 // headers alone were copied
		}
		return fetch.NetworkResponse{Status: h.Status, Reason: h.Reason, Headers: h.Headers, Body: h.Body, Content: &h.Body}, nil
	})
	return slices.DeleteFunc(t.Exchanges, func(x fetch.Exchange) bool { return x.Response == nil }), err
}

// changed is a response with the changes that are made to it.
func (p *paper) changed(r fetch.NetworkRequest, response fetch.NetworkResponse) fetch.NetworkResponse {
	for _, c := range p.changes {
		if c.Preflight != r.Preflight || c.URL != withoutFragment(r.URL.String()) {
			continue
		}
		if c.Status != 0 {
			response.Status, response.Reason = c.Status, ""
			continue
		}
		response.Headers = slices.DeleteFunc(slices.Clone(response.Headers), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), c.Header) })
		response.Headers = append(response.Headers, fetch.Header{c.Header, c.Value})
	}
	return response
}

// mostChanges is how many changes may be needed: a status and five headers on a preflight and on
// the response, and a name at a time into a list.
const mostChanges = 64

// instead returns the changes with which the model reads the response, the one that
// decides first. Mended is false if there are none: what is wrong stands in no answer.
func (p *paper) instead(ctx context.Context) (changes []Change, mended bool, err error) {
	p.supposed = true
	defer func() { p.supposed, p.changes = false, nil }()
	for range mostChanges {
		t, err := p.run(ctx)
		if err != nil {
			return nil, false, err
		}
		if t.Outcome.Kind != fetch.OutcomeNetworkError || t.Outcome.Block == nil {
			return p.changes, len(p.changes) > 0 && t.Outcome.Readable(), nil
		}
		c, ok := changeFor(t)
		if !ok {
			return p.changes, false, nil
		}
		p.add(c)
	}
	return p.changes, false, nil
}

// add adds a change, or has it stand for the one of the same line.
func (p *paper) add(c Change) {
	i := slices.IndexFunc(p.changes, func(o Change) bool {
		return o.Preflight == c.Preflight && o.URL == c.URL && strings.EqualFold(o.Header, c.Header) && (o.Status != 0) == (c.Status != 0)
	})
	if i < 0 {
		p.changes = append(p.changes, c)
		return
	}
	p.changes[i].Value = c.Value
}

// changeFor is the line that the step which refused a request looks at, as it has to be.
func changeFor(t fetch.Trace) (Change, bool) {
	b := t.Outcome.Block
	i := slices.IndexFunc(t.Exchanges, func(x fetch.Exchange) bool { return x.ID == b.Exchange })
	if i < 0 || t.Exchanges[i].Response == nil {
		return Change{}, false
	}
	x := &t.Exchanges[i]
	origin, _ := x.Request.Headers.Get("Origin")
	c := Change{On: nameOf(x), URL: urlOf(x), Preflight: x.Request.IsPreflight(), Header: headerOf(b)}
	c.Was = x.Response.Headers.Lines(c.Header)
	switch {
	case b.Detail == fetch.DetailPreflightStatus:
		c.Status, c.Header = 204, ""
		c.Was = []string{strconv.Itoa(x.Response.Status)}
	case c.Header == allowOrigin:
		c.Value = origin
	case c.Header == allowCredentials:
		c.Value = "true"
	case c.Header == allowMethods:
		method, _ := x.Request.Headers.Get("Access-Control-Request-Method")
		c.Value = listed(x.Response.Headers, allowMethods, method)
	case c.Header == allowHeaders:
		c.Value = listed(x.Response.Headers, allowHeaders, x.Request.Headers.Items("Access-Control-Request-Headers")...)
	case b.Detail == "location-credentials":
		u, err := fetch.ParseURL(first(c.Was), nil)
		if err != nil {
			return c, false
		}
		plain := *u
		plain.Username, plain.Password = "", ""
		c.Value = plain.String()
	case c.Header == resourcePolicy:
		c.Value = "cross-origin"
	default:
		return c, false
	}
	return c, true
}

// listed is what a list says, with more names. Of a list that can't be read, or that is a
// wildcard, nothing stays.
func listed(headers fetch.HeaderList, name string, more ...string) string {
	list := fetch.ExtractHeaderListValues(name, headers)
	var names []string
	for _, n := range list.Values {
		if n != fetch.Wildcard {
			names = append(names, n)
		}
	}
	for _, n := range more {
		if !slices.ContainsFunc(names, func(o string) bool { return o == n || name == allowHeaders && strings.EqualFold(o, n) }) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

func nameOf(x *fetch.Exchange) string {
	if x.Request.IsPreflight() {
		return "OPTIONS (preflight)"
	}
	return x.Request.Method
}

func urlOf(x *fetch.Exchange) string { return x.Server + x.Request.Target }

func withoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// String is the change as an order.
func (c Change) String() string {
	if c.Status != 0 {
		return fmt.Sprintf("status %d instead of %s", c.Status, first(c.Was))
	}
	switch len(c.Was) {
	case 0:
		return fmt.Sprintf("%s: %s", c.Header, c.Value)
	case 1:
		return fmt.Sprintf("%s: %s instead of %q", c.Header, c.Value, c.Was[0])
	}
	return fmt.Sprintf("%s: %s, once, instead of %d lines", c.Header, c.Value, len(c.Was))
}

package fetch

import (
	"context"
	"slices"
	"strconv"
	"sync"
)

// WitnessModel is the witness of an exchange that exists only in the model, or that the
// model sent through an [Answerer].
const WitnessModel Witness = "model"

// A fetching is https://fetch.spec.whatwg.org/#fetch-params.
type fetching struct {
	ua      *UserAgent
	request *request
	shared  *sharedFetch
}

// A sharedFetch is what a fetch and the preflights that it makes have in
// common.
type sharedFetch struct {
	ctx    context.Context
	answer Answerer
	// exchanges become the trace's, and so does written.
	exchanges []Exchange
	written   *written
	// err is the Answerer's; it ends the prediction.
	err error
	// pending is the index of a preflight that waits for its request, plus one.
	pending int
	// revalidations are requests that run in parallel, after the response.
	revalidations []*request

	// requests and fetchings are where the standard's bookkeeping is kept; none
	// of it outlives the prediction.
	requests   [4]request
	responses  [4]response
	fetchings  [4]fetching
	body       requestBody
	names      [8]string
	readable   [8]Header
	nRequests  int
	nResponses int
	nFetchings int
	// fresh is the user agent of [Predict].
	fresh UserAgent
}

// A written is the part of a trace that most predictions have, a preflight and
// its request, in one piece.
type written struct {
	exchanges [2]Exchange
	answers   [2]answered
}

// An answered is what an exchange points to.
type answered struct {
	sent  SentResponse
	ended Offset
}

func (s *sharedFetch) newWritten() *written {
	if s.written == nil {
		s.written = new(written)
	}
	return s.written
}

// answered returns where the response of the next exchange goes.
func (s *sharedFetch) answered() *answered {
	if n := len(s.exchanges); n < len(s.newWritten().answers) {
		return &s.written.answers[n]
	}
	return new(answered)
}

// sharedFetches spares the garbage collector what a prediction works in.
var sharedFetches = sync.Pool{New: func() any { return new(sharedFetch) }}

// release gives s back. What it holds is overwritten by the next prediction.
func (s *sharedFetch) release() {
	s.nRequests, s.nResponses, s.nFetchings = 0, 0, 0
	s.ctx, s.answer, s.exchanges, s.written, s.err, s.pending, s.revalidations = nil, nil, nil, nil, nil, 0, nil
	sharedFetches.Put(s)
}

// request returns a new request, to be overwritten whole.
func (s *sharedFetch) request() *request {
	if s.nRequests == len(s.requests) {
		return new(request)
	}
	s.nRequests++
	return &s.requests[s.nRequests-1]
}

// response returns a new response, to be overwritten whole.
func (s *sharedFetch) response() *response {
	if s.nResponses == len(s.responses) {
		return new(response)
	}
	s.nResponses++
	return &s.responses[s.nResponses-1]
}

// fetching returns new fetch params.
func (s *sharedFetch) fetching(ua *UserAgent, r *request) *fetching {
	f := new(fetching)
	if s.nFetchings < len(s.fetchings) {
		f = &s.fetchings[s.nFetchings]
		s.nFetchings++
	}
	f.ua, f.request, f.shared = ua, r, s
	return f
}

// record appends an exchange to the trace and returns its ID.
func (s *sharedFetch) record(e *Exchange) string {
	n := len(s.exchanges)
	if s.exchanges == nil {
		s.exchanges = s.newWritten().exchanges[:0]
	}
	e.ID = exchangeID(n + 1)
	e.Witness = WitnessModel
	if e.Kind == ExchangePreflight {
		s.pending = n + 1
	} else if s.pending > 0 {
		s.exchanges[s.pending-1].Serves = e.ID
		s.pending = 0
	}
	s.exchanges = append(s.exchanges, *e)
	return e.ID
}

// failed reports whether the prediction has ended by an error.
func (s *sharedFetch) failed() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	return s.err != nil
}

// exchangeID names the n-th exchange of the model.
func exchangeID(n int) string {
	const known = "model#1model#2model#3model#4model#5model#6model#7model#8model#9"
	if n < 10 {
		return known[(n-1)*7 : n*7]
	}
	return "model#" + strconv.Itoa(n)
}

// outcome is what page code sees of a response.
func (r *response) outcome(req *Request) Outcome {
	switch {
	case r.unknown != "":
		return Outcome{Kind: OutcomeUnknown, Error: r.unknown}
	case r.isNetworkError():
		return Outcome{Kind: OutcomeNetworkError, Error: req.API.networkErrorName(), Block: r.block}
	case r.bodyUnknown != "": // an opaque response has no body, known or not
		return Outcome{Kind: OutcomeUnknown, Error: r.bodyUnknown}
	}
	read := &ReadResponse{
		Type:       r.typ,
		Status:     r.status,
		Redirected: len(r.urlList) > 1,
		Headers:    r.headers.sortAndCombine(),
		Body:       r.body,
	}
	if u := r.url(); u != nil {
		read.URL = u.withoutFragment()
	}
	return Outcome{Kind: OutcomeResponse, Response: read}
}

// A refusal is why an API made no request: it threw, or it cannot be told.
type refusal struct {
	thrown  *Block
	unknown string
}

func (r *refusal) outcome(req *Request) Outcome {
	if r.unknown != "" {
		return Outcome{Kind: OutcomeUnknown, Error: r.unknown}
	}
	return Outcome{Kind: OutcomeRefused, Error: r.thrown.exceptionName(req.API), Block: r.thrown}
}

// networkErrorName is what page code learns of a network error.
func (a API) networkErrorName() string {
	if a == APIXHR {
		return "NetworkError"
	}
	return "TypeError"
}

// exceptionName is what the API throws.
func (b *Block) exceptionName(a API) string {
	switch {
	case a != APIXHR:
		return "TypeError"
	case b.Detail == "forbidden-method":
		return "SecurityError"
	}
	return "SyntaxError"
}

// redacted is [HeaderList.Redacted] without the copy if there is no secret.
func redacted(l HeaderList) HeaderList {
	out := l
	for i, h := range l {
		secret := mayBeSecret(h[0])
		if secret == "" {
			continue
		}
		if &out[0] == &l[0] {
			out = slices.Clone(l)
		}
		out[i][1] = redactValue(secret, h[1])
	}
	return out
}

// mayBeSecret returns the name in lower case if [HeaderList.Redacted] may replace
// the value of a header with this name, else nothing. The test TestRedactedMisses
// keeps the two together.
func mayBeSecret(name string) string {
	if len(name) >= len(secretHeaderNames) {
		return ""
	}
	for _, secret := range secretHeaderNames[len(name)] {
		if byteCaseInsensitiveMatch(name, secret) {
			return secret
		}
	}
	return ""
}

// secretHeaderNames are the names by their length.
var secretHeaderNames = [...][]string{
	6:  {"cookie"},
	7:  {"api-key"},
	9:  {"x-api-key"},
	10: {"set-cookie"},
	12: {"x-auth-token", "x-csrf-token", "x-xsrf-token"},
	13: {"authorization"},
	14: {"x-access-token"},
	19: {"proxy-authorization"},
}

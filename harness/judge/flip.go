package judge

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// flippable are the headers of the CORS protocol on an answer, in the order in
// which the standard looks at them, and Vary.
var flippable = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
	"Access-Control-Max-Age", "Access-Control-Expose-Headers", "Vary",
}

// flip returns the one header with which the request comes out as the policy
// calls for: the case is run on the model again, over the answers that the
// target gave with that header as it has to be on one kind of answer. Nil if no
// single header does it.
func flip(s *symptom) *Flip {
	if s.step >= len(s.Got) || s.step >= len(s.Want) || s.Case.Wire() && s.x == nil {
		return nil
	}
	for _, preflight := range []bool{true, false} {
		for _, name := range flippable {
			e := edit{name, preflight}
			was, be, on, differs := e.difference(s)
			if !differs || !s.mends(e) {
				continue
			}
			return &Flip{On: on, Header: name, Was: was, Be: be}
		}
	}
	return nil
}

// An edit puts a header as the policy calls for it on the answers to preflights,
// or on all others.
type edit struct {
	header    string
	preflight bool
}

// difference returns the first answer on which the edit changes something.
func (e edit) difference(s *symptom) (was []string, be, on string, differs bool) {
	for step := range s.step + 1 {
		for i := range s.Got[step].Exchanges {
			x := &s.Got[step].Exchanges[i]
			want := sameRequest(s.Want[step].Exchanges, x)
			if !e.applies(x, want) {
				continue
			}
			was, value := x.Response.Headers.Lines(e.header), strings.Join(want.Response.Headers.Lines(e.header), ", ")
			if strings.Join(was, ", ") != value || len(was) > 1 {
				return was, value, x.Request.Method, true
			}
		}
	}
	return nil, "", "", false
}

func (e edit) applies(x, want *fetch.Exchange) bool {
	return x.Response != nil && want != nil && want.Response != nil && x.Request.IsPreflight() == e.preflight
}

// mends reports whether the request comes out as it has to once the edit is
// made.
func (s *symptom) mends(e edit) bool {
	profile, _ := fetch.ProfileByName("")
	if p, ok := fetch.ProfileByName(s.Got[0].Caller.Version); ok {
		profile = p
	}
	traces, err := s.Case.Run(context.Background(), profile, func(step int) fetch.Answerer {
		r := replay{got: s.Got[step].Exchanges, want: s.Want[step].Exchanges, edit: e}
		return r.answer
	})
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(s.Case.Compare(s.Want, traces), func(m catalog.Deviation) bool { return m.Step == s.step })
}

// A replay answers as the target did, but for an edit; what the target was never
// asked, as the policy calls for.
type replay struct {
	got, want []fetch.Exchange
	edit      edit
}

// answer is a [fetch.Answerer].
func (r *replay) answer(_ context.Context, n fetch.NetworkRequest) (fetch.NetworkResponse, error) {
	asked := fetch.Exchange{
		Server:  string(n.URL.Origin()),
		Request: fetch.SentRequest{Method: n.Method, Target: strings.TrimPrefix(n.URL.String(), string(n.URL.Origin())), Headers: n.Headers},
	}
	x, want := sameRequest(r.got, &asked), sameRequest(r.want, &asked)
	if x == nil {
		x = want
	}
	switch {
	case x == nil:
		return fetch.NetworkResponse{Failed: "nobody was asked this"}, nil
	case x.Response == nil:
		return fetch.NetworkResponse{Failed: x.Incomplete, Failure: x.Failure}, nil
	}
	headers := x.Response.Headers
	if r.edit.applies(x, want) {
		headers = slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), r.edit.header) })
		for _, value := range want.Response.Headers.Lines(r.edit.header) {
			headers = append(headers, fetch.Header{r.edit.header, value})
		}
	}
	body := x.Response.Body
	return fetch.NetworkResponse{Status: x.Response.Status, Reason: x.Response.Reason, Headers: headers, Body: body, Content: &body}, nil
}

package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A StepAnswerer returns the answerer for the requests of one step of a case.
type StepAnswerer func(step int) fetch.Answerer

// Expect returns the traces that the policy requires, one for each step: those of the
// model, with a profile (nil means the standard), over the responses of a gateway that
// follows the policy.
func (c *PolicyCase) Expect(ctx context.Context, profile *fetch.Profile) ([]fetch.Trace, error) {
	return c.ExpectUnder(ctx, c.view, profile)
}

// ExpectUnder is Expect with another policy on the same target: the expected traces for a
// gateway that follows that policy.
func (c *PolicyCase) ExpectUnder(ctx context.Context, view *policy.View, profile *fetch.Profile) ([]fetch.Trace, error) {
	return c.Run(ctx, profile, c.Answers(view))
}

// Answers returns the responses that a policy requires on the case's target: the headers
// that a gateway sends if it follows the policy.
func (c *PolicyCase) Answers(view *policy.View) StepAnswerer {
	return func(step int) fetch.Answerer { return newPolicyGateway(view, c.base, &c.Steps[step]).answer }
}

// Run returns the traces of the case over any responses, one for each step; over a
// target's own responses they are the prediction. Requests that no page can send are sent
// as written; their traces are those of a direct client, for [Consent] to judge.
func (c *PolicyCase) Run(ctx context.Context, profile *fetch.Profile, answers StepAnswerer) ([]fetch.Trace, error) {
	ua := c.Page.userAgent(profile)
	ua.Client.RegistrableDomain = policy.RegistrableDomain
	ua.Client.PromptsCancelled = true // nobody has a name and a password to enter
	if c.Jar != "" {
		if err := ua.SetCookie(string(c.base)+"/", c.cookieLine()); err != nil {
			return nil, fmt.Errorf("case %s: %w", c.ID, err)
		}
	}
	var traces []fetch.Trace
	for i := range c.Steps {
		s := &c.Steps[i]
		ua.Advance(time.Duration(s.After) * time.Second)
		answer := answers(i)
		var trace fetch.Trace
		for range max(s.Repeat, 1) {
			var err error
			if c.Wire() {
				trace, err = s.send(ctx, c.Jar, answer)
			} else {
				trace, err = ua.Predict(ctx, s.FetchRequest(), answer)
			}
			if err != nil {
				return traces, fmt.Errorf("case %s, request %d: %w", c.ID, i+1, err)
			}
		}
		trace.Case = c.ID
		traces = append(traces, trace)
	}
	return traces, nil
}

// FetchRequest returns the request as page code or a direct client sends it.
func (s *PolicyStep) FetchRequest() fetch.Request {
	return new(Case).FetchRequest(Step{Request: s.Request})
}

// cookieLine is the Set-Cookie line that put the jar's cookie there: for all of the
// target's paths, and for pages of any site.
func (c *PolicyCase) cookieLine() string {
	line := c.Jar + "; Path=/"
	if strings.HasPrefix(string(c.base), "https:") {
		line += "; Secure; SameSite=None"
	}
	return line
}

// send sends the request as it is written, Origin first, and the jar's cookie with it
// if it has credentials.
func (s *PolicyStep) send(ctx context.Context, jar string, answer fetch.Answerer) (fetch.Trace, error) {
	request := s.FetchRequest()
	trace := fetch.Trace{Schema: fetch.TraceSchema, Caller: fetch.Caller{Name: "model", Kind: fetch.CallerDirect}, Request: request}
	trace.Request.Headers = request.Headers.Redacted()
	u, err := fetch.ParseURL(request.URL, nil)
	if err != nil {
		return trace, err
	}
	n := fetch.NetworkRequest{URL: u, Method: request.Method}
	if s.Request.Origin != "" {
		n.Headers = append(n.Headers, fetch.Header{"Origin", s.Request.Origin})
	} else {
		trace.Request.Origin = ""
	}
	n.Headers = append(n.Headers, request.Headers...)
	if jar != "" && request.Credentials == fetch.CredentialsInclude {
		n.Headers = append(n.Headers, fetch.Header{"Cookie", jar})
	}
	response, err := answer(ctx, n)
	if err != nil {
		return trace, err
	}
	x := fetch.Exchange{
		ID: "model#1", Server: string(u.Origin()), Witness: fetch.WitnessModel, Kind: fetch.ExchangeRequest,
		Request: fetch.SentRequest{Method: n.Method, Target: targetOf(u), Headers: n.Headers.Redacted()},
	}
	if response.Silent {
		x.Incomplete = "no answer"
		trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "no response arrived"}
	} else if response.Failed != "" {
		x.Incomplete, x.Failure = response.Failed, response.Failure
		trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: response.Failed}
	} else {
		x.Response = &fetch.SentResponse{Status: response.Status, Reason: response.Reason, Headers: response.Headers.Redacted(), Body: response.Body}
		trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
			Type: fetch.ResponseDefault, Status: response.Status, URL: u.String(), Headers: x.Response.Headers, Body: response.Body,
		}}
	}
	trace.Exchanges = []fetch.Exchange{x}
	return trace, nil
}

func targetOf(u *fetch.URL) string { return strings.TrimPrefix(u.String(), string(u.Origin())) }

// Consent reports whether the response to a request of a direct client consents to it: by
// the CORS check and, if the request has the form of a preflight, by what
// [fetch.PreflightConsent] checks. It returns nil for consent, otherwise the block with
// which a browser would have refused. A trace without a response does not consent.
func Consent(trace fetch.Trace) *fetch.Block {
	if len(trace.Exchanges) == 0 || trace.Exchanges[len(trace.Exchanges)-1].Response == nil {
		return &fetch.Block{Phase: "concept-network-error", Detail: "no-answer", Sentence: "Nothing answered."}
	}
	x := trace.Exchanges[len(trace.Exchanges)-1]
	if x.Request.IsPreflight() {
		return fetch.PreflightConsent(x.Request.Headers, trace.Request.Credentials, x.Response.Status, x.Response.Headers)
	}
	origin := strings.Join(x.Request.Headers.Lines("Origin"), ", ")
	return fetch.CORSCheck(fetch.Origin(origin), trace.Request.Credentials, x.Response.Headers)
}

// WithoutSecret returns answer for requests of the step that need no secret, such as
// preflights, which carry no credentials. It does not send requests that need the secret.
func (s *PolicyStep) WithoutSecret(answer fetch.Answerer) fetch.Answerer {
	if s.Auth == nil {
		return answer
	}
	return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		asked := fetch.SentRequest{Method: r.Method, Headers: r.Headers}
		if asked.IsPreflight() {
			return answer(ctx, r)
		}
		return fetch.NetworkResponse{Failed: "not sent: it needs a secret", Failure: fetch.FailureWithheld}, nil
	}
}

// WithSecret returns the case with its placeholder replaced by a secret. The case itself
// does not change.
func (c PolicyCase) WithSecret(secret string) PolicyCase {
	c.Jar = strings.ReplaceAll(c.Jar, SecretPlaceholder, secret)
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		s := &c.Steps[i]
		s.Request.Headers = slices.Clone(s.Request.Headers)
		for j, line := range s.Request.Headers {
			s.Request.Headers[j] = HeaderLine(strings.ReplaceAll(string(line), SecretPlaceholder, secret))
		}
	}
	return c
}

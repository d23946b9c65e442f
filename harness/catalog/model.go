package catalog

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Mismatch is one difference between a trace and the expectation of a case.
type Mismatch struct {
	// Step is the index of the request.
	Step int `json:"step"`
	// What is the name of the field, Want and Got are the two values.
	What string `json:"what"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// String returns the mismatch in one line.
func (m Mismatch) String() string {
	return fmt.Sprintf("request %d: %s: want %s, got %s", m.Step+1, m.What, m.Want, m.Got)
}

// UnansweredRequest is the What of a [Mismatch] if a case's servers have no answer to a
// request.
const UnansweredRequest = "a request without an answer"

// PagePath is the path of the page in which a browser runs cases.
const PagePath = "/.corsproof/page"

// RunModel runs a case on the model with a profile; nil means the standard. It returns
// the traces and the differences from the expectation. It returns an error for a case
// that cannot run.
func RunModel(ctx context.Context, c *Case, profile *fetch.Profile) ([]fetch.Trace, []Mismatch, error) {
	ua := c.Page.userAgent(profile)
	var traces []fetch.Trace
	var mismatches []Mismatch
	for i, step := range c.AllSteps() {
		ua.Advance(time.Duration(step.After) * time.Second)
		ua.Client.CookiesDisabled = step.CookiesDisabled
		ua.Client.URL = cmp.Or(c.Page.URL, c.PageOrigin(step)+PagePath)
		script := newScript(step.Server, c.Page.HTTP2)
		trace, err := ua.Predict(ctx, c.FetchRequest(step), script.answer)
		if err != nil {
			return traces, nil, fmt.Errorf("case %s: %w", c.ID, err)
		}
		trace.Case = c.ID
		traces = append(traces, trace)
		for _, m := range step.Expect.Judge(trace) {
			m.Step = i
			mismatches = append(mismatches, m)
		}
		for _, unexpected := range script.unknown {
			mismatches = append(mismatches, Mismatch{Step: i, What: UnansweredRequest, Want: "none", Got: unexpected})
		}
	}
	return traces, mismatches, nil
}

// ExplainedBy returns the rules of a profile because of which its model does not meet the
// case: without them it would, and each one is needed. It returns none if the model meets
// the case, or if no rule is the reason.
func ExplainedBy(ctx context.Context, c *Case, profile *fetch.Profile) ([]fetch.Rule, error) {
	meets := func(without []fetch.Rule) (bool, error) {
		_, mismatches, err := RunModel(ctx, c, profile.Without(without...))
		return len(mismatches) == 0, err
	}
	var rules []fetch.Rule
	for _, d := range profile.Differences {
		if d.Kind != fetch.SpecErratum {
			rules = append(rules, d.Rule)
		}
	}
	with, err := meets(nil)
	if err != nil || with {
		return nil, err
	}
	if without, err := meets(rules); err != nil || !without {
		return nil, err
	}
	for _, rule := range slices.Clone(rules) {
		fewer := slices.DeleteFunc(slices.Clone(rules), func(r fetch.Rule) bool { return r == rule })
		yes, err := meets(fewer)
		if err != nil {
			return nil, err
		}
		if yes {
			rules = fewer
		}
	}
	return rules, nil
}

// userAgent is one that has seen nothing yet, with a page like this.
func (p *Page) userAgent(profile *fetch.Profile) *fetch.UserAgent {
	ua := &fetch.UserAgent{Profile: profile}
	ua.Client.Precursor = OpaquePrecursor
	ua.Client.TopLevelSite = p.Site
	ua.Client.EmbedderPolicy = p.EmbedderPolicy
	ua.Client.ReferrerPolicy = p.ReferrerPolicy
	ua.Client.AcceptLanguage = p.AcceptLanguage
	ua.Client.UserAgentValue = p.UserAgent
	ua.Client.Worker = p.Worker
	ua.Client.PromptsCancelled = p.PromptsCancelled
	ua.Client.Offline = p.Offline
	ua.Client.CrossSiteAncestor = p.CrossSiteAncestor
	for _, b := range p.Blobs {
		if ua.Client.Blobs == nil {
			ua.Client.Blobs = map[string]fetch.Blob{}
		}
		ua.Client.Blobs[b.URL] = fetch.Blob{Type: b.Type, Bytes: b.Text}
	}
	if len(p.Registrable) > 0 {
		ua.Client.RegistrableDomain = func(host string) (string, bool) {
			for _, domain := range p.Registrable {
				if host == domain || strings.HasSuffix(host, "."+domain) {
					return domain, true
				}
			}
			return "", false
		}
	}
	ua.HTTP2 = func(o fetch.Origin) bool { return slices.Contains(p.HTTP2, string(o)) }
	return ua
}

// FetchRequest returns the step's request as page code sends it.
func (c *Case) FetchRequest(s Step) fetch.Request {
	r := s.Request
	req := fetch.Request{
		Origin: c.PageOrigin(s), API: r.API, Method: r.Method, URL: r.URL, Mode: r.Mode, Credentials: r.Credentials,
		Cache: r.Cache, Redirect: r.Redirect, Referrer: r.Referrer, ReferrerPolicy: r.ReferrerPolicy, Integrity: r.Integrity,
		Keepalive: r.Keepalive, UploadListener: r.UploadListener,
	}
	for _, line := range r.Headers {
		name, value, _ := strings.Cut(string(line), ":")
		req.Headers = append(req.Headers, fetch.Header{name, strings.TrimPrefix(value, " ")})
	}
	if b := r.Body; b != nil {
		req.Body = &fetch.Body{Kind: b.Kind, ContentType: b.Type, Bytes: b.Text, NoDuplex: b.NoDuplex}
		if b.Fill > 0 {
			req.Body.Bytes = strings.Repeat("x", b.Fill)
		}
	}
	return req
}

// NeedsLength reports whether a server has to add a Content-Length to the answer, so that
// its end can be detected: page code may read that header, too.
func (a Answer) NeedsLength(method string) bool {
	if method == "HEAD" || a.Status < 200 || a.Status == 204 || a.Status == 304 {
		return false
	}
	return !slices.ContainsFunc(a.Headers, func(l HeaderLine) bool {
		name := strings.ToLower(l.Header().Name())
		return name == "content-length" || name == "transfer-encoding"
	})
}

// A script answers requests as a case's servers do.
type script struct {
	answers map[string][]Answer
	http2   []string // origins
	unknown []string
}

func newScript(server []Answer, http2 []string) *script {
	s := &script{answers: map[string][]Answer{}, http2: http2}
	for _, a := range server {
		to := a.OnTheWire()
		s.answers[to] = append(s.answers[to], a)
	}
	return s
}

// userinfo matches what of a URL isn't sent with the request for it.
var userinfo = regexp.MustCompile(`://[^/?#@]*@`)

// OnTheWire returns To without user name and password, as the server gets it.
func (a Answer) OnTheWire() string { return userinfo.ReplaceAllString(a.To, "://") }

func (s *script) answer(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
	url, _, _ := strings.Cut(r.URL.String(), "#")
	url = userinfo.ReplaceAllString(url, "://")
	for _, key := range []string{r.Method + " " + url, url} {
		list := s.answers[key]
		if len(list) == 0 {
			continue
		}
		a := list[0]
		list[0].Reused--
		if len(list) > 1 {
			s.answers[key] = list[1:]
		}
		switch a.Fails {
		case "":
		case FailureSilent:
			return fetch.NetworkResponse{Silent: true}, nil
		default:
			return fetch.NetworkResponse{Failed: string(a.Fails)}, nil
		}
		response := fetch.NetworkResponse{Status: a.Status, ConnectionReused: a.Reused > 0, Body: fetch.PayloadOf([]byte(a.Body))}
		for _, line := range a.Headers {
			response.Headers = append(response.Headers, line.Header())
		}
		// HTTP/2 has another way to end a body.
		if !slices.Contains(s.http2, string(r.URL.Origin())) && a.NeedsLength(r.Method) {
			response.Headers = append(response.Headers, fetch.Header{"Content-Length", strconv.Itoa(len(a.Body))})
		}
		return response, nil
	}
	s.unknown = append(s.unknown, r.Method+" "+url)
	return fetch.NetworkResponse{Failed: "the case has no answer for " + r.Method + " " + url}, nil
}

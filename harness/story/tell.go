package story

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Config is what a story is made of.
type Config struct {
	// Request is what page code asks, its Origin the page's.
	Request fetch.Request
	// Observed is what a real browser made of it; nil for a story of Recorded.
	Observed *fetch.Trace
	// Recorded are answers that somebody recorded, each with the server's origin in
	// Server. A preflight is one by its headers.
	Recorded []fetch.Exchange
	// Heads are recorded responses without their requests, in the order in which a browser
	// would get them. They are looked at if there is no Recorded.
	Heads []fetch.SentResponse
	// Direct is what a client that is no browser got; nil if nobody asked one.
	Direct *fetch.Trace
	// Withheld: the request itself was not sent to the server; corsproof answered in its
	// place with what would have to come.
	Withheld bool
	// Cookies: the browser has a cookie for the server.
	Cookies bool
	// Lacks names what a recording lacks.
	Lacks []string
}

// Tell makes the story of a request. An error means that the request is none that a
// browser can be asked to make.
func Tell(ctx context.Context, cfg Config) (*Story, error) {
	if cfg.Request.Origin == "" {
		return nil, errors.New("the page's origin is missing")
	}
	url, err := fetch.ParseURL(cfg.Request.URL, nil)
	if err != nil || !url.IsHTTP() {
		return nil, fmt.Errorf("URL %q: not an absolute http or https URL", cfg.Request.URL)
	}
	t := &teller{cfg: cfg, url: url, paper: paper{request: cfg.Request, answers: cfg.Recorded}}
	t.story = Story{Schema: Schema, Request: cfg.Request, From: SourceRecording, Lacks: cfg.Lacks, Script: []string{}, Exchanges: []Exchange{}}
	t.story.Request.Headers = cfg.Request.Headers.Redacted()
	switch {
	case cfg.Observed != nil:
		t.story.From, t.paper.answers = SourceBrowser, cfg.Observed.Exchanges
	case len(cfg.Heads) > 0:
		if t.paper.answers, err = deal(ctx, cfg.Request, cfg.Heads); err != nil {
			return nil, err
		}
	}
	if t.model, err = t.paper.run(ctx); err != nil {
		return nil, err
	}
	t.unanswered = t.paper.unanswered
	t.end()
	t.preflight()
	t.exchanges()
	if t.block != nil {
		if t.story.Instead, t.story.Mended, err = t.paper.instead(ctx); err != nil {
			return nil, err
		}
		t.decision()
	}
	t.script()
	t.story.Console = t.console()
	t.direct()
	t.hints()
	t.story.Where = t.where()
	t.story.Headline = t.headline()
	return &t.story, nil
}

// A teller makes one story.
type teller struct {
	cfg        Config
	url        *fetch.URL
	paper      paper
	model      fetch.Trace
	unanswered string // of what the model asks for
	block      *fetch.Block
	decided    *fetch.Exchange // whose response was refused; nil if none was
	story      Story
}

// crossOrigin reports whether the request leaves the page's origin.
func (t *teller) crossOrigin() bool { return string(t.url.Origin()) != t.cfg.Request.Origin }

// end says how the request ended: as the browser saw it, or as the model does. Where they
// disagree, nobody knows.
func (t *teller) end() {
	outcome := t.outcome()
	switch {
	case t.cfg.Observed == nil && t.unanswered != "":
		t.story.End = EndUnknown
		t.story.Lacks = append([]string{"no response is recorded to " + t.unanswered}, t.story.Lacks...)
	case outcome.Readable() && t.withheld():
		t.story.End = EndUnknown
		t.story.Lacks = append(t.story.Lacks, fmt.Sprintf("the response to %s: the request was not sent to the server; --send sends it", t.method()))
	case outcome.Readable():
		t.story.End = EndReadable
	case outcome.Kind == fetch.OutcomeResponse: // an opaque one
		t.story.End = EndBlocked
	case outcome.Kind == fetch.OutcomeNetworkError:
		t.story.End, t.block = EndBlocked, t.model.Outcome.Block
		if t.block == nil {
			t.block = outcome.Block
		}
	default:
		t.story.End = EndUnknown
		if outcome.Error != "" {
			t.story.Lacks = append(t.story.Lacks, outcome.Error)
		}
	}
	if t.block != nil && t.block.Detail == "transport" {
		// No response is no matter of the CORS protocol.
		t.story.End, t.block = EndUnknown, nil
		if len(t.story.Lacks) == 0 {
			t.story.Lacks = append(t.story.Lacks, "no response arrived: "+t.incomplete())
		}
	}
	if t.cfg.Observed != nil && t.story.End != EndUnknown && (t.model.Outcome.Kind != outcome.Kind || t.unanswered != "") {
		t.story.Hints = append(t.story.Hints, "The browser and corsproof's model of it disagree here, so the reason may be wrong. Please report this.")
	}
	if t.block != nil {
		answers := t.model.Exchanges
		if i := slices.IndexFunc(answers, func(x fetch.Exchange) bool { return x.ID == t.block.Exchange }); i >= 0 && answers[i].Response != nil {
			t.decided = &answers[i]
		}
	}
}

// withheld reports whether the request itself was made, and did not reach the server.
func (t *teller) withheld() bool {
	return t.cfg.Withheld && slices.ContainsFunc(t.paper.answers, func(x fetch.Exchange) bool { return !x.Request.IsPreflight() })
}

// method is the request's, as it is sent.
func (t *teller) method() string {
	for _, x := range t.model.Exchanges {
		if !x.Request.IsPreflight() {
			return x.Request.Method
		}
	}
	if t.cfg.Request.Method == "" {
		return "GET"
	}
	return fetch.NormalizeMethod(t.cfg.Request.Method)
}

// incomplete says why no response came.
func (t *teller) incomplete() string {
	for _, x := range t.paper.answers {
		if x.Response == nil && x.Incomplete != "" {
			return x.Incomplete
		}
	}
	return "the connection failed"
}

// exchanges lists what was sent and what came back.
func (t *teller) exchanges() {
	all := t.paper.answers
	if t.cfg.Observed == nil {
		all = t.model.Exchanges
	}
	deciding := -1
	for i := range all {
		x := &all[i]
		if t.cfg.Observed == nil && x.Response == nil {
			continue // nobody recorded it
		}
		e := Exchange{Kind: KindRequest, Method: x.Request.Method, URL: urlOf(x), Sent: sentLines(x.Request.Headers.Redacted(), t.cfg.Request.Headers), Incomplete: x.Incomplete, Received: []Line{}}
		if x.Request.IsPreflight() {
			e.Kind = KindPreflight
		}
		e.Withheld = t.cfg.Withheld && e.Kind == KindRequest
		if x.Response != nil {
			e.Status, e.Reason, e.Received = x.Response.Status, x.Response.Reason, receivedLines(x.Response.Headers.Redacted())
		}
		if t.decided != nil && urlOf(t.decided) == e.URL && t.decided.Request.IsPreflight() == x.Request.IsPreflight() && x.Request.Method == t.decided.Request.Method {
			deciding = len(t.story.Exchanges)
		}
		t.story.Exchanges = append(t.story.Exchanges, e)
	}
	if deciding >= 0 && t.block != nil {
		mark(&t.story.Exchanges[deciding], t.block)
	}
}

// mark marks the line that decided.
func mark(e *Exchange, b *fetch.Block) {
	name := headerOf(b)
	if name == "" {
		e.StatusDecides = b.Detail == fetch.DetailPreflightStatus
		return
	}
	there := false
	for i := range e.Received {
		if strings.EqualFold(e.Received[i].Name, name) {
			e.Received[i].Decides, there = true, true
		}
	}
	if !there {
		e.Received = append(e.Received, Line{Name: name, Missing: true, Decides: true, Matters: true})
	}
}

// decision says which step refused the request.
func (t *teller) decision() {
	b := *t.block
	d := &Decision{Sentence: b.Sentence, Header: headerOf(&b), Block: b}
	if b.Phase != "" {
		d.Step, d.Link = fetch.PhaseName(b.Phase)+", step "+b.Step, "https://fetch.spec.whatwg.org/#"+b.Phase
		if !inFetch(b.Phase) {
			d.Link = otherLink(b.Phase)
		}
	}
	t.story.Decides = d
}

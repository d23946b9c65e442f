package harness

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
)

// fixture is what eight callers make of a GET that is denied to the page.
func fixture() (inBrowser fetch.Trace, others []fetch.Trace) {
	exchange := func(id string, kind fetch.ExchangeKind, method string, status int, body string) fetch.Exchange {
		return fetch.Exchange{ID: id, Kind: kind, Request: fetch.SentRequest{Method: method},
			Response: &fetch.SentResponse{Status: status, Body: fetch.PayloadOf([]byte(body))}}
	}
	trace := func(name string, kind fetch.CallerKind, o fetch.Outcome, exchanges ...fetch.Exchange) fetch.Trace {
		return fetch.Trace{Case: "a/b", Caller: fetch.Caller{Name: name, Kind: kind}, Request: fetch.Request{URL: "http://api.test/x"}, Exchanges: exchanges, Outcome: o}
	}
	blocked := fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: "Failed to fetch"}
	read := fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{Type: fetch.ResponseDefault, Status: 200, Body: fetch.PayloadOf([]byte("secret"))}}
	get := func(id string) fetch.Exchange { return exchange(id, fetch.ExchangeRequest, "GET", 200, "secret") }
	inBrowser = trace("chromium", fetch.CallerEngine, blocked, get("api#1.1"))
	for i, name := range []string{"net/http", "curl", "node", "httpx", "newman"} {
		o := read
		o.Response = new(*read.Response)
		others = append(others, trace(name, fetch.CallerDirect, o, get("api#"+string(rune('2'+i))+".1")))
	}
	others = append(others,
		trace("jsdom", fetch.CallerUserAgent, blocked, get("api#7.1")),
		trace("happy-dom", fetch.CallerUserAgent, blocked, exchange("api#8.1", fetch.ExchangePreflight, "OPTIONS", 405, "")))
	return inBrowser, others
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	inBrowser, others := fixture()
	got := Differential(inBrowser, others...)
	secret := fetch.PayloadOf([]byte("secret"))
	one := func(id string) []string { return []string{id} }
	row := func(c fetch.Trace, id, sent, status string, fate report.BodyFate, refused string) report.CallerRow {
		r := report.CallerRow{Caller: c.Caller, Sent: report.Cell{Text: sent, Exchanges: one(id)}, Status: report.Cell{Text: status, Exchanges: one(id)},
			Body: report.Body{Fate: fate, Exchanges: one(id)}, Refused: report.Cell{Text: refused, Exchanges: one(id)}}
		if fate != report.BodyNone {
			r.Body.Digest, r.Body.Length = secret.Digest, 6
		}
		return r
	}
	want := report.Differential{
		Case: "a/b", Request: fetch.Request{URL: "http://api.test/x"},
		Callers: []report.CallerRow{
			row(inBrowser, "api#1.1", "GET", "200", report.BodyWithheld, "the browser"),
			row(others[0], "api#2.1", "GET", "200", report.BodyRead, "nobody"),
			row(others[1], "api#3.1", "GET", "200", report.BodyRead, "nobody"),
			row(others[2], "api#4.1", "GET", "200", report.BodyRead, "nobody"),
			row(others[3], "api#5.1", "GET", "200", report.BodyRead, "nobody"),
			row(others[4], "api#6.1", "GET", "200", report.BodyRead, "nobody"),
			row(others[5], "api#7.1", "GET", "200", report.BodyWithheld, "jsdom's own check"),
			row(others[6], "api#8.1", "OPTIONS", "", report.BodyNone, "happy-dom's own check, on its preflight's answer"),
		},
		Decisive: report.Decisive{
			Enforcer: "the browser", Why: got.Decisive.Why,
			Withheld: &report.Body{Fate: report.BodyWithheld, Digest: secret.Digest, Length: 6, Exchanges: one("api#1.1")},
			Same:     []string{"net/http", "curl", "node", "httpx", "newman"}, Exceptions: []report.Exception{},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.True(t, got.Decisive.Holds())
	assert.Contains(t, got.Decisive.Why, "the same 6 bytes")
}

// One thing is other for one caller: just its cell changes, and what is concluded
// from it.
func TestDifferentialChangesOneCell(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		alter func(inBrowser *fetch.Trace, others []fetch.Trace)
		want  []string // paths of the cells that change
		holds bool
	}{
		{"httpx reads other bytes", func(_ *fetch.Trace, others []fetch.Trace) {
			others[3].Outcome.Response.Body = fetch.PayloadOf([]byte("other!"))
		}, []string{"httpx body"}, false},
		{"the browser is sent other bytes", func(b *fetch.Trace, _ []fetch.Trace) {
			b.Exchanges[0].Response.Body = fetch.PayloadOf([]byte("other!"))
		}, []string{"chromium body"}, false},
		{"curl gets another status", func(_ *fetch.Trace, others []fetch.Trace) {
			others[1].Exchanges[0].Response.Status = 500
		}, []string{"curl status"}, true},
		{"newman is refused by status", func(_ *fetch.Trace, others []fetch.Trace) {
			others[4].Outcome.Response.Status = 403
		}, []string{"newman refused"}, true},
		{"jsdom lets it through", func(_ *fetch.Trace, others []fetch.Trace) {
			others[5].Outcome = others[0].Outcome
		}, []string{"jsdom body", "jsdom refused"}, true},
		{"node sends a POST", func(_ *fetch.Trace, others []fetch.Trace) {
			others[2].Exchanges[0].Request.Method = "POST"
		}, []string{"node sent"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b, o := fixture()
			before := Differential(b, o...)
			tc.alter(&b, o)
			after := Differential(b, o...)
			assert.Equal(t, tc.want, changed(before, after))
			assert.Equal(t, tc.holds, after.Decisive.Holds(), "%+v", after.Decisive)
		})
	}
}

// changed names the cells that differ in what they say.
func changed(before, after report.Differential) []string {
	var names []string
	for i, b := range before.Callers {
		a := after.Callers[i]
		for _, cell := range []struct{ name, before, after string }{
			{"sent", b.Sent.Text, a.Sent.Text},
			{"status", b.Status.Text, a.Status.Text},
			{"body", b.Body.String() + b.Body.Digest, a.Body.String() + a.Body.Digest},
			{"refused", b.Refused.Text, a.Refused.Text},
		} {
			if cell.before != cell.after {
				names = append(names, b.Caller.Name+" "+cell.name)
			}
		}
	}
	return names
}

func TestShareOf(t *testing.T) {
	t.Parallel()
	var all []report.Differential
	add := func(name string, alter func(b *fetch.Trace, others []fetch.Trace)) {
		b, o := fixture()
		b.Case = name
		alter(&b, o)
		all = append(all, Differential(b, o...))
	}
	add("denied", func(*fetch.Trace, []fetch.Trace) {})
	add("allowed", func(b *fetch.Trace, others []fetch.Trace) { b.Outcome = others[0].Outcome })
	add("preflight", func(b *fetch.Trace, _ []fetch.Trace) { b.Exchanges[0].Kind = fetch.ExchangePreflight })
	add("other-bytes", func(_ *fetch.Trace, others []fetch.Trace) {
		others[3].Outcome.Response.Body = fetch.PayloadOf([]byte("other"))
		others[4].Outcome.Response.Body = fetch.PayloadOf([]byte("5byte"))
	})
	add("coded", func(_ *fetch.Trace, others []fetch.Trace) {
		others[2].Outcome.Response.Body = fetch.PayloadOf([]byte("plain"))
		others[2].Exchanges[0].Response.Headers = fetch.HeaderList{{"Content-Encoding", "gzip"}}
	})
	add("absent", func(_ *fetch.Trace, others []fetch.Trace) {
		others[0].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "not installed"}
	})
	got := ShareOf(all)
	want := report.Share{Denied: 5, Read: 1, Exceptions: []report.Exception{
		{Name: "preflight", Why: "chromium: its preflight was refused, so the request itself never left", Exchange: "api#1.1"},
		{Name: "other-bytes", Why: "httpx, newman: it read other bytes: 5, not 6", Exchange: "api#5.1"},
		{Name: "coded", Why: "node: it undid the Content-Encoding of the answer: its bytes can't be compared with those on the wire", Exchange: "api#4.1"},
		{Name: "absent", Why: "net/http: it could not be observed: not installed", Exchange: "api#2.1", Unknown: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.Equal(t, "in 1 of 5 denied cases (20.0 %) every direct client read, byte for byte, what the browser withheld", got.String())
}

func TestWhoRefused(t *testing.T) {
	t.Parallel()
	nothing := fetch.Trace{Caller: fetch.Caller{Name: "curl", Kind: fetch.CallerDirect}, Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError}}
	threw := fetch.Trace{Caller: fetch.Caller{Name: "jsdom", Kind: fetch.CallerUserAgent}, Outcome: fetch.Outcome{Kind: fetch.OutcomeRefused}}
	hungUp := nothing
	hungUp.Exchanges = []fetch.Exchange{{ID: "a#1.1", Incomplete: "the server closed"}}
	broke := nothing
	broke.Exchanges = []fetch.Exchange{{ID: "a#1.1", Response: &fetch.SentResponse{Status: 200}}}
	unknown := nothing
	unknown.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "no curl"}
	for want, trace := range map[string]fetch.Trace{
		"nobody: no request reached the server":       nothing,
		"jsdom's own check, before anything was sent": threw,
		"nobody: there was no whole answer":           hungUp,
		"curl itself":                                 broke,
		"unknown: no curl":                            unknown,
	} {
		assert.Equal(t, want, refused(trace).Text)
	}
}

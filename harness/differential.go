package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
)

// Differential compares the traces of one request: that of a browser, and those of direct
// clients and user agents. It is a pure function; what it says of each caller depends
// only on that caller's exchanges.
func Differential(inBrowser fetch.Trace, others ...fetch.Trace) report.Differential {
	d := report.Differential{Case: inBrowser.Case, Request: inBrowser.Request}
	var direct []fetch.Trace
	for _, t := range append([]fetch.Trace{inBrowser}, others...) {
		d.Callers = append(d.Callers, callerRow(t))
		if t.Caller.Kind == fetch.CallerDirect {
			direct = append(direct, t)
		}
	}
	d.Decisive = decisive(inBrowser, d.Callers[0].Body, direct)
	return d
}

// ShareOf counts in how many of the requests that the browser denied every direct client
// read what the browser withheld, and lists the others.
func ShareOf(differentials []report.Differential) report.Share {
	s := report.Share{Exceptions: []report.Exception{}}
	for _, d := range differentials {
		if len(d.Callers) == 0 || d.Callers[0].Body.Fate == report.BodyRead {
			continue
		}
		s.Denied++
		if d.Decisive.Holds() {
			s.Read++
			continue
		}
		e := report.Exception{Why: allAlike(d.Decisive.Exceptions)}
		if len(d.Decisive.Exceptions) > 0 {
			e.Exchange = d.Decisive.Exceptions[0].Exchange
		}
		e.Unknown = slices.ContainsFunc(d.Decisive.Exceptions, func(e report.Exception) bool { return e.Unknown })
		if e.Name = d.Case; e.Name == "" {
			e.Name = d.Request.URL
		}
		s.Exceptions = append(s.Exceptions, e)
	}
	return s
}

// allAlike joins the exceptions of callers, those with the same reason as one.
func allAlike(exceptions []report.Exception) string {
	var reasons []string
	names := map[string][]string{}
	for _, e := range exceptions {
		if names[e.Why] == nil {
			reasons = append(reasons, e.Why)
		}
		names[e.Why] = append(names[e.Why], e.Name)
	}
	for i, why := range reasons {
		reasons[i] = strings.Join(names[why], ", ") + ": " + why
	}
	return strings.Join(reasons, "; ")
}

// decisive compares what the browser withheld with what the direct clients read.
func decisive(inBrowser fetch.Trace, body report.Body, direct []fetch.Trace) report.Decisive {
	who, why := WhoEnforced(inBrowser, direct...)
	d := report.Decisive{Enforcer: string(who), Why: why, Same: []string{}, Exceptions: []report.Exception{}}
	except := func(t fetch.Trace, format string, args ...any) {
		e := report.Exception{Name: t.Caller.Name, Why: fmt.Sprintf(format, args...), Unknown: t.Outcome.Kind == fetch.OutcomeUnknown}
		if n := len(t.Exchanges); n > 0 {
			e.Exchange = t.Exchanges[n-1].ID
		}
		d.Exceptions = append(d.Exceptions, e)
	}
	switch {
	case inBrowser.Outcome.Kind == fetch.OutcomeUnknown:
		except(inBrowser, "it could not be observed: %s", inBrowser.Outcome.Error)
		return d
	case body.Fate == report.BodyRead:
		return d // nothing was withheld
	case body.Fate == report.BodyNone:
		except(inBrowser, "%s", neverAnswered(inBrowser))
		return d
	case len(direct) == 0:
		except(inBrowser, "no direct client made the call")
		return d
	}
	d.Withheld = &body
	for _, t := range direct {
		switch read := t.Outcome.Response; {
		case t.Outcome.Kind == fetch.OutcomeUnknown:
			except(t, "it could not be observed: %s", t.Outcome.Error)
		case !t.Outcome.Readable():
			except(t, "it read nothing: %s", t.Outcome.Error)
		case read.Body.Digest == body.Digest, read.Body.Length == 0 && body.Length == 0: // a body of no bytes may be absent
			d.Same = append(d.Same, t.Caller.Name)
		case read.Body.Length == 0 && fetch.IsNullBodyStatus(read.Status):
			except(t, "it takes no body with status %d, a null body status of the Fetch Standard", read.Status)
		case read.Status >= 300 && read.Status < 400 && t.Exchanges[0].Response.Headers.Contains("Location"):
			except(t, "it was answered a redirect, which it doesn't follow of its own accord")
		case len(t.Exchanges) > 0 && coded(t.Exchanges[len(t.Exchanges)-1]):
			except(t, "it undid the Content-Encoding of the answer: its bytes can't be compared with those on the wire")
		default:
			except(t, "it read other bytes: %d, not %d", read.Body.Length, body.Length)
		}
	}
	return d
}

// neverAnswered says why the browser has nothing to withhold.
func neverAnswered(t fetch.Trace) string {
	if len(t.Exchanges) == 0 {
		return "the browser sent nothing: " + t.Outcome.Error
	}
	last := t.Exchanges[len(t.Exchanges)-1]
	if last.Kind == fetch.ExchangePreflight {
		return "its preflight was refused, so the request itself never left"
	}
	return "the server gave it no answer"
}

func coded(x fetch.Exchange) bool {
	return x.Response != nil && x.Response.Headers.Contains("Content-Encoding")
}

// callerRow says what one caller made of the request.
func callerRow(t fetch.Trace) report.CallerRow {
	row := report.CallerRow{Caller: t.Caller, Sent: sent(t), Refused: refused(t)}
	answered, ok := answer(t)
	switch {
	case !ok:
		row.Status, row.Body = report.Cell{Exchanges: ids(t.Exchanges)}, report.Body{Fate: report.BodyNone, Exchanges: ids(t.Exchanges)}
		return row
	case t.Outcome.Readable():
		row.Body = report.Body{Fate: report.BodyRead, Digest: t.Outcome.Response.Body.Digest, Length: t.Outcome.Response.Body.Length}
	default:
		row.Body = report.Body{Fate: report.BodyWithheld, Digest: answered.Response.Body.Digest, Length: answered.Response.Body.Length}
	}
	row.Body.Exchanges = []string{answered.ID}
	row.Status = report.Cell{Text: strconv.Itoa(answered.Response.Status), Exchanges: []string{answered.ID}}
	return row
}

// answer returns the last exchange in which the request itself, not a preflight
// for it, was answered.
func answer(t fetch.Trace) (fetch.Exchange, bool) {
	for _, x := range slices.Backward(t.Exchanges) {
		if x.Kind == fetch.ExchangeRequest && x.Response != nil {
			return x, true
		}
	}
	return fetch.Exchange{}, false
}

func sent(t fetch.Trace) report.Cell {
	var methods []string
	for _, x := range t.Exchanges {
		methods = append(methods, x.Request.Method)
	}
	if len(methods) == 0 {
		methods = []string{"nothing"}
	}
	return report.Cell{Text: strings.Join(methods, ", "), Exchanges: ids(t.Exchanges)}
}

// refused says who kept the calling code from reading. A caller that got a whole
// answer and gave its code none refused itself; the server refuses by status or
// by silence.
func refused(t fetch.Trace) report.Cell {
	cell := report.Cell{Exchanges: ids(t.Exchanges)}
	var last fetch.Exchange
	if len(t.Exchanges) > 0 {
		last = t.Exchanges[len(t.Exchanges)-1]
		cell.Exchanges = []string{last.ID}
	}
	o := t.Outcome
	switch {
	case o.Kind == fetch.OutcomeUnknown:
		cell.Text = "unknown: " + o.Error
	case o.Readable() && (o.Response.Status == 401 || o.Response.Status == 403):
		cell.Text = fmt.Sprintf("the server, by status %d", o.Response.Status)
	case o.Readable():
		cell.Text = "nobody"
	case len(t.Exchanges) == 0 && (o.Kind == fetch.OutcomeRefused || o.Block != nil):
		cell.Text = ownName(t.Caller) + ", before anything was sent"
	case len(t.Exchanges) == 0:
		cell.Text = "nobody: no request reached the server"
	case last.Response == nil || last.Incomplete != "" && o.Block == nil: // who blocks a response may end it
		cell.Text = "nobody: there was no whole answer"
	case last.Kind == fetch.ExchangePreflight:
		cell.Text = ownName(t.Caller) + ", on its preflight's answer"
	default:
		cell.Text = ownName(t.Caller)
	}
	return cell
}

// ownName says on whose account a caller refuses.
func ownName(c fetch.Caller) string {
	switch c.Kind {
	case fetch.CallerEngine, fetch.CallerUnenforced:
		return "the browser"
	case fetch.CallerUserAgent:
		return c.Name + "'s own check"
	}
	return c.Name + " itself"
}

func ids(exchanges []fetch.Exchange) []string {
	list := make([]string, len(exchanges))
	for i, x := range exchanges {
		list[i] = x.ID
	}
	return list
}

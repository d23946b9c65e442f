package direct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// Observe sends the requests with the client, and joins each reply with what the
// recorders saw on the client's own connections: the one exchange of a direct client,
// or all exchanges of a user agent. It returns an error for a connection that reached
// no recorder, since a trace without a witness is no evidence, and for a request that
// belongs to no call.
//
// If a client contradicts its recorder, the trace of that call is unknown, and the
// error, which is returned with the traces, has a [*DisagreementError] for it.
//
// Each client reports its ends of its connections. Each call to loopback is sent from
// an address of its own, since the system may reuse a port for the next connection once
// it is closed, or while it is in use to another address.
func Observe(ctx context.Context, client Client, recorders []*wire.Recorder, requests []fetch.Request) ([]fetch.Trace, error) {
	marks := make([]wire.Mark, len(recorders))
	for i, r := range recorders {
		marks[i] = r.Mark()
	}
	replies, err := client.Call(ctx, requests)
	if err != nil {
		return nil, err
	}
	who := client.Caller()
	if len(replies) != len(requests) {
		return nil, fmt.Errorf("%s: %d replies to %d requests", who.Name, len(replies), len(requests))
	}
	seen := witnessed{}
	for i, r := range recorders {
		for _, x := range r.Since(marks[i]) {
			seen[x.Peer] = append(seen[x.Peer], x)
		}
	}
	traces := make([]fetch.Trace, len(requests))
	var problems []error
	for i, reply := range replies {
		t := fetch.Trace{Schema: fetch.TraceSchema, Caller: who, Request: redacted(requests[i]), Exchanges: []fetch.Exchange{}, Outcome: reply.Outcome}
		if who.Kind == fetch.CallerDirect {
			t.Exchanges = seen.next(reply.Connections)
		} else {
			t.Exchanges = seen.all(reply.Connections)
		}
		if len(t.Exchanges) == 0 && !witnessedNone(recorders, reply) {
			return nil, fmt.Errorf("%s: %s %s: no recorder saw a request from %v; put a recorder in front of the server",
				who.Name, method(requests[i]), requests[i].URL, reply.Connections)
		}
		if err := agree(t); err != nil {
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}
			problems = append(problems, err)
		}
		traces[i] = t
	}
	if x, ok := seen.left(replies); ok {
		return nil, fmt.Errorf("%s made more requests than it was asked to: %s %s in exchange %s", who.Name, x.Request.Method, x.Request.Target, x.ID)
	}
	return traces, errors.Join(problems...)
}

// A DisagreementError says that a client read something else than its recorder saw in the
// response.
type DisagreementError struct{ problem string }

func (e *DisagreementError) Error() string { return e.problem }

// IsEvidenceProblem reports whether an error of [Observe] concerns only some of the
// calls, so that the traces of the others are valid.
func IsEvidenceProblem(err error) bool {
	all, ok := err.(interface{ Unwrap() []error })
	return ok && !slices.ContainsFunc(all.Unwrap(), func(err error) bool {
		_, ok := err.(*DisagreementError)
		return !ok
	})
}

// witnessed are the exchanges that the recorders saw, by the client's end of the
// connection. Each connection's stand in the order of its requests, and a client
// that makes one call after another uses them up in that order.
type witnessed map[string][]fetch.Exchange

// next takes one exchange from the connections.
func (w witnessed) next(connections []string) []fetch.Exchange {
	for _, c := range connections {
		if seen := w[c]; len(seen) > 0 {
			w[c] = seen[1:]
			return seen[:1:1]
		}
	}
	return []fetch.Exchange{}
}

// all takes every exchange from the connections, in the order of the requests,
// and says of each preflight which request it was for.
func (w witnessed) all(connections []string) []fetch.Exchange {
	all := []fetch.Exchange{}
	for _, c := range connections {
		all = append(all, w[c]...)
		delete(w, c)
	}
	slices.SortStableFunc(all, func(a, b fetch.Exchange) int { return cmp.Compare(a.Started, b.Started) })
	for i := range all[:max(0, len(all)-1)] {
		if all[i].Kind == fetch.ExchangePreflight && all[i+1].Request.Target == all[i].Request.Target {
			all[i].Serves = all[i+1].ID
		}
	}
	return all
}

// witnessedNone says whether it is sure that a call without an exchange sent no
// request: it got no answer, and its connections, if any, ended at recorders.
func witnessedNone(recorders []*wire.Recorder, reply Reply) bool {
	if reply.Outcome.Kind == fetch.OutcomeResponse {
		return false
	}
	for _, c := range reply.Connections {
		accepted := slices.ContainsFunc(recorders, func(r *wire.Recorder) bool {
			return slices.ContainsFunc(r.Connections(), func(known wire.Connection) bool { return known.Peer == c })
		})
		if !accepted {
			return false
		}
	}
	return true
}

// left returns an exchange on a connection of a reply that no call took.
func (w witnessed) left(replies []Reply) (fetch.Exchange, bool) {
	for _, reply := range replies {
		for _, c := range reply.Connections {
			if seen := w[c]; len(seen) > 0 {
				return seen[0], true
			}
		}
	}
	return fetch.Exchange{}, false
}

// agree compares what the client read with what its recorder saw last.
func agree(t fetch.Trace) error {
	read := t.Outcome.Response
	if read == nil || !t.Outcome.Readable() {
		return nil
	}
	x := t.Exchanges[len(t.Exchanges)-1]
	sent := x.Response
	if sent == nil {
		return disagree("%s read status %d, but its recorder saw no answer in exchange %s", t.Caller.Name, read.Status, x.ID)
	}
	if t.Caller.Kind == fetch.CallerUserAgent && sent.Status == 304 {
		return nil // it read what its own cache held: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
	}
	if read.Status != sent.Status {
		return disagree("%s read status %d, but its recorder saw %d in exchange %s", t.Caller.Name, read.Status, sent.Status, x.ID)
	}
	if read.Body.Length == 0 && fetch.IsNullBodyStatus(read.Status) {
		return nil // fetch() takes no body that comes with such a status, whatever the server sent
	}
	// A client reads nothing where there is no body, as in the answer to a HEAD,
	// and other bytes than those on the wire where they are coded.
	if none := sent.Body == (fetch.Payload{}); none && read.Body.Length == 0 || sent.Headers.Contains("Content-Encoding") {
		return nil
	}
	if read.Body.Digest != sent.Body.Digest {
		return disagree("%s read a body of %d bytes (%s), but its recorder saw %d bytes (%s) in exchange %s",
			t.Caller.Name, read.Body.Length, read.Body.Digest, sent.Body.Length, sent.Body.Digest, x.ID)
	}
	return nil
}

func disagree(format string, args ...any) error {
	return &DisagreementError{fmt.Sprintf(format, args...)}
}

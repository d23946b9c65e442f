package harness

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
)

// NetHTTP returns Go's own HTTP client, configured for the lab's routes.
func (l *Lab) NetHTTP() direct.Client { return l.netHTTP }

// DirectWith sends the request with one direct client.
func (l *Lab) DirectWith(ctx context.Context, client direct.Client, r fetch.Request) (fetch.Trace, error) {
	traces, err := direct.Observe(ctx, client, l.Recorders(), []fetch.Request{r})
	if err != nil {
		return fetch.Trace{}, err
	}
	return traces[0], nil
}

// Callers returns every available caller other than a browser, in the order of
// [direct.Names]: the direct clients, then the user agents that implement a CORS check.
// The others are returned as absent, each with the reason and how to install it. The
// first call starts callers that are separate programs; they stop with the lab.
func (l *Lab) Callers(ctx context.Context) (there []direct.Client, absent []direct.Absent, err error) {
	there = []direct.Client{l.netHTTP}
	curl, err := l.curl.get(func() (*direct.Curl, error) { return direct.NewCurl(ctx, l.directConfig()) })
	if err != nil {
		absent = append(absent, direct.Absent{Name: direct.NameCurl, Err: err})
	} else {
		there = append(there, curl)
	}
	programs, err := l.programs.get(func() (startedPrograms, error) {
		var s startedPrograms
		s.there, s.absent = direct.StartPrograms(ctx, l.directConfig())
		return s, context.Cause(ctx) // a start that was cut off is tried again
	})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range programs.there {
		there = append(there, p)
	}
	return there, append(absent, programs.absent...), nil
}

// CallAll sends the requests with every caller other than a browser, one caller and one
// request at a time. It returns, for each request, the traces of all callers in the order
// of [direct.Names]. The trace of an absent caller is unknown and says why, as is that of
// a caller that contradicts its recorder. A request with an Origin sends it; for a user
// agent it is the origin of its page.
func (l *Lab) CallAll(ctx context.Context, requests []fetch.Request) ([][]fetch.Trace, error) {
	there, absent, err := l.Callers(ctx)
	if err != nil {
		return nil, err
	}
	made := map[string][]fetch.Trace{}
	for _, c := range there {
		made[c.Caller().Name], err = direct.Observe(ctx, c, l.Recorders(), requests)
		if err != nil && !direct.IsEvidenceProblem(err) {
			return nil, err
		}
	}
	for _, a := range absent {
		for _, r := range requests {
			made[a.Name] = append(made[a.Name], a.Trace(r))
		}
	}
	byRequest := make([][]fetch.Trace, len(requests))
	for i := range requests {
		for _, name := range direct.Names() {
			if len(made[name]) != len(requests) {
				return nil, fmt.Errorf("caller %s is neither there nor absent", name)
			}
			byRequest[i] = append(byRequest[i], made[name][i])
		}
	}
	return byRequest, nil
}

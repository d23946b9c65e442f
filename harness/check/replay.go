package check

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// predictOver runs the model with Chromium's profile over the answers that the browser
// got, and compares, both without the cookies that the target gave.
func predictOver(ctx context.Context, pc *catalog.PolicyCase, traces []fetch.Trace, given givenCookies) (predicted []fetch.Trace, differences []judge.StepDifference, err error) {
	predicted, err = pc.Run(ctx, &fetch.Chromium, func(step int) fetch.Answerer { return replay(traces[step]) })
	var missing *unreplayedError
	if errors.As(err, &missing) {
		return nil, []judge.StepDifference{{Difference: judge.Difference{
			Subject: catalog.Subject{Field: catalog.FieldExchanges}, Model: catalog.Text(missing.Error()), Engine: catalog.Text("not sent"),
		}}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range predicted {
		for _, d := range judge.Compare(given.without(predicted[i]), given.without(traces[i])) {
			differences = append(differences, judge.StepDifference{Step: i, Difference: d})
		}
	}
	return predicted, differences, nil
}

// delayed returns the case with so many seconds before each of its requests.
func delayed(pc *catalog.PolicyCase, waited []int) *catalog.PolicyCase {
	later := *pc
	later.Steps = slices.Clone(pc.Steps)
	for i := range later.Steps {
		later.Steps[i].After += waited[i]
	}
	return &later
}

// An unreplayedError says that the model asks for what the browser did not.
type unreplayedError struct{ method, url string }

func (e *unreplayedError) Error() string { return e.method + " " + e.url }

// replay answers as the recorder saw the browser be answered.
func replay(t fetch.Trace) fetch.Answerer {
	used := make([]bool, len(t.Exchanges))
	return func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		url, _, _ := strings.Cut(r.URL.String(), "#")
		for i, x := range t.Exchanges {
			if used[i] || x.Request.Method != r.Method || x.Server+x.Request.Target != url {
				continue
			}
			used[i] = true
			if x.Response == nil {
				return fetch.NetworkResponse{Failed: x.Incomplete, Failure: x.Failure}, nil
			}
			return fetch.NetworkResponse{
				Status: x.Response.Status, Reason: x.Response.Reason, Headers: x.Response.Headers, Body: x.Response.Body,
				ConnectionReused: fetch.IsSentAgain(t.Exchanges, i),
			}, nil
		}
		return fetch.NetworkResponse{}, &unreplayedError{r.Method, url}
	}
}

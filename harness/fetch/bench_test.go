package fetch_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/corsproof/corsproof/harness/fetch"
)

// BenchmarkPredict is the full decision: API, main fetch, preflight with an
// empty cache, request, and a trace with its reason. It cycles 64 different
// cross-origin requests with credentials and unsafe headers, half of them
// blocked in one of several ways. Nothing is remembered between them.
// It has no baseline, so it states no bound.
func BenchmarkPredict(b *testing.B) {
	requests, script := benchmarkRequests()
	answerer := func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		n, err := strconv.Atoi(r.URL.Path[len("/items/"):])
		if err != nil {
			return fetch.NetworkResponse{}, err
		}
		if r.Preflight {
			return script[n].preflight, nil
		}
		return script[n].actual, nil
	}
	ctx := context.Background()
	blocked := 0
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		trace, err := fetch.Predict(ctx, requests[i%len(requests)], answerer)
		if err != nil {
			b.Fatal(err)
		}
		if trace.Outcome.Block != nil {
			blocked++
		}
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(100*float64(blocked)/float64(i), "%blocked")
}

type benchmarkAnswers struct{ preflight, actual fetch.NetworkResponse }

func benchmarkRequests() ([]fetch.Request, []benchmarkAnswers) {
	methods := []string{"PUT", "PATCH", "DELETE", "POST"}
	var requests []fetch.Request
	var script []benchmarkAnswers
	for n := range 64 {
		origin := "https://app" + strconv.Itoa(n%8) + ".example.com"
		requests = append(requests, fetch.Request{
			Origin:      origin,
			Method:      methods[n%len(methods)],
			URL:         "https://api.example.net:8443/items/" + strconv.Itoa(n),
			Credentials: fetch.CredentialsInclude,
			Headers: fetch.HeaderList{
				{"Content-Type", "application/json"},
				{"X-Request-ID", strconv.Itoa(n)},
				{"X-Client", "bench"},
			},
			Body: &fetch.Body{Bytes: `{"n":` + strconv.Itoa(n) + `}`},
		})
		allowed := fetch.HeaderList{
			{"Date", "Tue, 24 Nov 2026 02:00:00 GMT"},
			{"Access-Control-Allow-Origin", origin},
			{"Access-Control-Allow-Credentials", "true"},
			{"Vary", "Origin"},
		}
		preflight := append(allowed[:len(allowed):len(allowed)],
			fetch.Header{"Access-Control-Allow-Methods", "GET, PUT, PATCH, DELETE"},
			fetch.Header{"Access-Control-Allow-Headers", "content-type, x-request-id, x-client"},
			fetch.Header{"Access-Control-Max-Age", "600"})
		actual := append(allowed[:len(allowed):len(allowed)],
			fetch.Header{"Content-Type", "application/json"},
			fetch.Header{"Access-Control-Expose-Headers", "X-Total"},
			fetch.Header{"X-Total", "1"})
		switch n % 8 {
		case 1:
			preflight = preflight[1:1]
		case 3:
			preflight = preflight[:4]
		case 5:
			actual = actual[4:]
		case 7:
			actual = append(fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}, actual[2:]...)
		}
		script = append(script, benchmarkAnswers{
			preflight: fetch.NetworkResponse{Status: 204, Headers: preflight},
			actual:    fetch.NetworkResponse{Status: 200, Headers: actual, Body: fetch.PayloadOf([]byte(`[]`))},
		})
	}
	return requests, script
}

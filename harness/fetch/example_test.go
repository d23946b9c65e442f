package fetch_test

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A preflight that allows another method than the one that is asked for.
func ExamplePredict() {
	server := func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		return fetch.NetworkResponse{Status: 204, Headers: fetch.HeaderList{
			{"Access-Control-Allow-Origin", "https://app.test"},
			{"Access-Control-Allow-Methods", "GET, POST"},
		}}, nil
	}
	trace, err := fetch.Predict(context.Background(), fetch.Request{
		Origin: "https://app.test",
		Method: "PATCH",
		URL:    "https://api.test/items",
	}, server)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range trace.Exchanges {
		fmt.Println(e.Kind, e.Request.Method, e.Server+e.Request.Target)
	}
	b := trace.Outcome.Block
	fmt.Println(trace.Outcome.Kind, b.Phase, b.Step)
	fmt.Println(b.Sentence)
	// Output:
	// preflight OPTIONS https://api.test/items
	// network-error cors-preflight-fetch-0 7.5
	// The method "PATCH" isn't listed in the preflight's Access-Control-Allow-Methods, which is "GET, POST".
}

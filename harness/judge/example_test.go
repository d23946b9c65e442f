package judge_test

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// What a server answers is held against a policy, and one cause makes one finding. This
// server answers everybody as if there were no CORS.
func ExampleCollector() {
	p, err := policy.Parse("cors.yaml", []byte(`
targets: {edge: {url: https://api.example.com}}
origins: {shop: [https://shop.example.com]}
routes: [{path: /orders, origins: [shop], methods: [GET]}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	view, err := p.On("edge")
	if err != nil {
		fmt.Println(err)
		return
	}
	cases, err := catalog.Derive(view, catalog.DeriveConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	silent := func(int) fetch.Answerer {
		return func(context.Context, fetch.NetworkRequest) (fetch.NetworkResponse, error) {
			return fetch.NetworkResponse{Status: 200, Headers: fetch.HeaderList{{"Content-Type", "text/plain"}}}, nil
		}
	}
	collector := judge.NewCollector(judge.CollectorConfig{View: view})
	for i := range cases {
		c := &judge.Checked{Case: &cases[i]}
		if c.Want, err = c.Case.Expect(ctx, nil); err != nil {
			fmt.Println(err)
			return
		}
		if c.Got, err = c.Case.Run(ctx, nil, silent); err != nil {
			fmt.Println(err)
			return
		}
		c.Mismatches = c.Case.Compare(c.Want, c.Got)
		collector.Add(c)
	}
	findings, _ := collector.Findings()
	for _, f := range findings {
		fmt.Printf("%s, %s: %s\n", f.Severity, f.ID, f.Title)
	}
	// Output: outage, filter-accepted-not-implemented: no response has CORS headers
}

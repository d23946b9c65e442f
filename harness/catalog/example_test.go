package catalog_test

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// A policy becomes cases, and each knows what must come of it.
func ExampleDerive() {
	p, err := policy.Parse("shop.yaml", []byte(`
targets: {edge: {url: https://api.example.com}}
origins: {shop: [https://shop.example.com]}
routes:
  - {path: /orders, origins: [shop], methods: [GET, PUT]}
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
	for _, c := range cases {
		switch c.ID {
		case "origin/suffix/evilshop.example.com/shop.anonymous/plain", "method/allowed/put/orders":
			traces, err := c.Expect(context.Background(), nil)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("%s\n    %s\n    readable: %t\n", c.ID, c.Rule, traces[0].Outcome.Readable())
		}
	}
	// Output:
	// origin/suffix/evilshop.example.com/shop.anonymous/plain
	//     shop.yaml:3  https://shop.example.com
	//     readable: false
	// method/allowed/put/orders
	//     shop.yaml:5  PUT
	//     readable: true
}

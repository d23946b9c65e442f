package policy_test

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/policy"
)

// A policy decides, says why, and what a gateway has to answer.
func ExampleParse() {
	p, err := policy.Parse("shop.yaml", []byte(`
targets: {edge: {gateway: nginx, file: nginx.conf, url: https://api.example.com}}
origins: {shop: [https://shop.example.com]}
defaults: {origins: [shop], methods: [GET, PUT], max_age: 600, readable_errors: [404]}
routes: [{path: "/orders/{id}", sample: {id: "17"}}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range p.Lint() {
		fmt.Println(c)
	}
	view, err := p.On("edge")
	if err != nil {
		fmt.Println(err)
		return
	}
	route := view.Route("/orders/4711")
	decision := route.Origin("https://shop.example.com.evil.test")
	fmt.Println(decision.Allowed, decision.Because)
	for _, h := range route.PreflightHeaders("https://shop.example.com", "PUT", nil) {
		fmt.Printf("%s: %s\n", h.Name(), h.Value())
	}
	// Output:
	// shop.yaml:4:39: note: pages can send GET without listing it (method-needs-no-listing)
	// false shop.yaml:4  origins: [shop]
	// Access-Control-Allow-Origin: https://shop.example.com
	// Access-Control-Allow-Methods: GET, PUT
	// Access-Control-Max-Age: 600
	// Vary: Origin
}

package pasted_test

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/pasted"
)

func ExampleCurl() {
	call, err := pasted.Curl(`curl 'https://api.test/items/1' \
  -X 'PUT' \
  -H 'content-type: application/json' \
  -H 'origin: https://app.test' \
  -H 'sec-fetch-mode: cors' \
  --data-raw '{"name":"a"}'`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(call.Request.Method, call.Request.URL, "from", call.Origin)
	fmt.Println("asks for", fetch.UnsafeRequestHeaderNames(call.Request.Headers))
	for _, d := range call.Dropped {
		fmt.Printf("%s: %s\n", d.Name, d.Why)
	}
	// Output:
	// PUT https://api.test/items/1 from https://app.test
	// asks for [content-type]
	// origin: the browser writes the page's origin
	// sec-fetch-mode: the browser sets all Sec- headers itself
}

func ExampleHeads() {
	responses, err := pasted.Heads(strings.NewReader("HTTP/2 200\naccess-control-allow-origin: *\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(responses[0].Status, responses[0].Headers)
	// Output: 200 [[access-control-allow-origin *]]
}

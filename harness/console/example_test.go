package console_test

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/console"
)

func ExampleRead() {
	const pasted = `app.js:12 Access to fetch at 'https://api.example/items' from origin
'https://app.example' has been blocked by CORS policy: Method PUT is not allowed by
Access-Control-Allow-Methods in preflight response.`
	for _, m := range console.Read(pasted) {
		fmt.Println(m.Code, m.Block.Phase, m.Block.Step)
		fmt.Println(m.Meaning)
		fmt.Println(m.Remedy)
	}
	// Output:
	// MethodDisallowedByPreflightResponse cors-preflight-fetch-0 7.5
	// The preflight's response doesn't allow the method PUT. The request itself was not sent.
	// Access-Control-Allow-Methods: PUT on the preflight's response, with the other methods of the route
}

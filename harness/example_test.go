package harness_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A scenario of one's own: a page on one named origin, a service on another that
// knows nothing of CORS, and the question who keeps the page from reading it.
func Example() {
	ctx := context.Background()
	lab, err := harness.NewLab(harness.LabConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer lab.Close()

	api, err := lab.Serve("api", "https://api.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"secret": 42}`)
	}))
	if err != nil {
		log.Fatal(err)
	}
	page, err := lab.Page(ctx, "https://app.example.com")
	if err != nil {
		log.Fatal(err)
	}
	defer page.Close()

	call := fetch.Request{Origin: page.Origin, URL: api.URL + "/data"}
	inBrowser, err := page.Fetch(ctx, call)
	if err != nil {
		log.Fatal(err)
	}
	direct, err := lab.Direct(ctx, call)
	if err != nil {
		log.Fatal(err)
	}
	who, why := harness.WhoEnforced(inBrowser, direct...)
	fmt.Printf("%s: %s\n", who, why)
}

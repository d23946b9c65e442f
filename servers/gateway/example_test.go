package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway"
	_ "github.com/corsproof/corsproof/servers/gateway/all" // registers all kinds
)

// A user's own nginx.conf, run in front of an upstream of the test's.
func Example() {
	if err := run(context.Background(), "./nginx.conf"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func run(ctx context.Context, file string) (err error) {
	g, err := gateway.New(ctx, "nginx", file, gateway.Config{Hosts: []string{"api.example.com"}})
	if err != nil {
		return err // every place that can't be run, with file and line
	}
	defer g.Close()
	upstream := httptest.NewServer(http.NotFoundHandler())
	defer upstream.Close()
	endpoint, err := g.Start(ctx, wire.Upstream{Plain: wire.Address{Network: "tcp", Address: upstream.Listener.Addr().String()}})
	if err != nil {
		return err // nginx's own words, with the user's file names
	}
	for _, s := range g.Running().Substitutions {
		fmt.Println("substituted", s)
	}
	listener, err := endpoint.For("https://api.example.com")
	if err != nil {
		return err
	}
	fmt.Println("api.example.com is answered at", listener.Address)
	return nil
}

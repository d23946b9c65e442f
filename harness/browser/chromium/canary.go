package chromium

import (
	"context"
	"net/http"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/wire"
)

// Canary tests that this browser enforces CORS, see [browser.Canary].
func (c *Browser) Canary(ctx context.Context) error { return c.canary(ctx, nil) }

// canary proves that the browser enforces CORS: see [browser.Canary]. serve answers its
// calls; nil means as they have to be answered.
func (c *Browser) canary(ctx context.Context, serve http.HandlerFunc) error {
	return browser.Canary{
		Router: c.cfg.Router, Clock: c.cfg.Clock, Server: serve,
		Open: func(ctx context.Context, origin string, recorder *wire.Recorder) (browser.Page, error) {
			return c.openPage(ctx, origin, 2, func() []*wire.Recorder { return []*wire.Recorder{recorder} })
		},
	}.Prove(ctx)
}

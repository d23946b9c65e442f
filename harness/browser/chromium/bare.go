package chromium

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Bare is a page without observation, for benchmarks to compare with. It does not
// report what it sent or read.
type Bare struct{ tab *tab }

// OpenBare opens a page at origin, see [Engine], and disables every protocol domain in
// it. The caller closes it.
func (c *Browser) OpenBare(ctx context.Context, origin string) (*Bare, error) {
	p := &chromiumPage{origin: origin}
	t, err := c.openHidden(ctx, p.url())
	if err != nil {
		return nil, err
	}
	if err := t.bare(ctx, p.url()); err != nil {
		t.close()
		return nil, fmt.Errorf("open a bare page at %s: %w", origin, err)
	}
	return &Bare{t}, nil
}

func (t *tab) bare(ctx context.Context, url string) error {
	if err := t.load(ctx, url); err != nil {
		return err
	}
	for _, domain := range []cdp.Command[cdp.Empty, cdp.Empty]{
		css.Disable, dom.Disable, inspector.Disable, log.Disable, network.Disable, page.Disable, runtime.Disable,
	} {
		if _, err := call(ctx, t, domain, cdp.Empty{}); err != nil {
			return err
		}
	}
	_, err := call(ctx, t, target.SetAutoAttach, target.SetAutoAttachParams{AutoAttach: false, Flatten: new(true)})
	return err
}

// bareLoop is a pool of workers in one script, each of which does nothing but
// fetch and read.
const bareLoop = `(async (calls, workers) => {
	let next = 0;
	let read = 0;
	const work = async () => {
		while (next < calls.length) {
			const {url, ...init} = calls[next++];
			try {
				await (await fetch(url, init)).text();
				read++;
			} catch {}
		}
	};
	await Promise.all(Array.from({length: workers}, work));
	return read;
})(%s, %d)`

// Run sends the requests with fetch(), the given number concurrently, with only their
// methods, modes, credentials modes and headers. It returns how many responses were read.
func (b *Bare) Run(ctx context.Context, requests []fetch.Request, workers int) (read int, err error) {
	type bareCall struct {
		URL         string                `json:"url"`
		Method      string                `json:"method,omitempty"`
		Mode        fetch.Mode            `json:"mode,omitempty"`
		Credentials fetch.CredentialsMode `json:"credentials,omitempty"`
		Headers     fetch.HeaderList      `json:"headers,omitempty"`
	}
	calls := make([]bareCall, len(requests))
	for i, r := range requests {
		calls[i] = bareCall{r.URL, r.Method, r.Mode, r.Credentials, r.Headers}
	}
	encoded, err := json.Marshal(calls)
	if err != nil {
		return 0, err
	}
	return eval[int](ctx, b.tab, runtime.EvaluateParams{Expression: fmt.Sprintf(bareLoop, encoded, workers)})
}

// Close closes the page.
func (b *Bare) Close() error {
	b.tab.close()
	return nil
}

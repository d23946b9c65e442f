package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/corsproof/corsproof/harness/browser"
)

// bindingName is what page script calls to report.
const bindingName = "corsproofReport"

// A tab is one page target with its session.
type tab struct {
	browser *Browser
	target  *chromedp.Target
	session *session
	cancel  context.CancelFunc
}

// openTab opens a blank tab. ctx bounds the opening alone; the caller closes
// the tab.
func (c *Browser) openTab(ctx context.Context, options ...chromedp.ContextOption) (*tab, error) {
	t := &tab{browser: c, session: newSession(bindingName)}
	options = append(options, chromedp.WithListener(t.session.listen))
	own, cancel := chromedp.NewContext(c.ctx, options...)
	t.cancel = cancel
	opened := make(chan error, 1)
	go func() { opened <- chromedp.Do(own) }()
	var err error
	select {
	case err = <-opened:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-c.gone:
		err = c.goneErr
	}
	if err != nil {
		go cancel()
		return nil, fmt.Errorf("open a tab: %w", c.wrap(err))
	}
	t.target = chromedp.FromContext(own).Target

	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[t.session] = struct{}{}
	if c.goneErr != nil {
		t.session.fail(c.goneErr)
	}
	return t, nil
}

// openHidden is openTab for a page that nobody looks at: no window shows it. The
// window of its own that a tab has otherwise costs three times as much as all else
// about a page.
//
// It begins with its URL: a blank page before it would take a process of its own.
func (c *Browser) openHidden(ctx context.Context, url string) (*tab, error) {
	created, err := cdp.Call(ctx, chromedp.FromContext(c.ctx).Browser, target.CreateTarget,
		target.CreateTargetParams{URL: url, Hidden: new(true)})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("open a tab: %w", c.wrap(err))
	}
	return c.openTab(ctx, chromedp.WithTargetID(created.TargetID))
}

// firstTab returns the tab that the browser began with: a blank page, which
// nobody closes.
func (c *Browser) firstTab() *tab {
	return &tab{browser: c, target: chromedp.FromContext(c.ctx).Target}
}

// close closes the tab. A tab of a browser that is gone is closed already.
func (t *tab) close() {
	t.browser.mu.Lock()
	delete(t.browser.sessions, t.session)
	t.browser.mu.Unlock()
	t.cancel()
}

// call sends one command.
func call[P, R any](ctx context.Context, t *tab, command cdp.Command[P, R], params P) (R, error) {
	result, err := cdp.Call(ctx, t.target, command, params)
	if err != nil {
		err = fmt.Errorf("%s: %w", command.Method, t.why(ctx, err))
	}
	return result, err
}

// do runs one of chromedp's actions.
func do[T any](ctx context.Context, t *tab, action chromedp.Action[T]) (T, error) {
	result, err := action(ctx, t.target)
	return result, t.why(ctx, err)
}

// why returns the cause of an error that a call came back with.
func (t *tab) why(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = t.browser.wrap(err)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, browser.ErrBrowserGone) {
		return cause
	}
	return err
}

// navigate loads url and wants status 200.
func (t *tab) navigate(ctx context.Context, url string) error {
	response, err := do(ctx, t, chromedp.NavigateResponse(url))
	if err != nil {
		return fmt.Errorf("navigate to %s: %w", url, err)
	}
	status := 0
	if response != nil {
		status = int(response.Status)
	}
	return wantOK(url, status)
}

// wantOK is an error unless the status is 200; 0 says that there was no response.
func wantOK(url string, status int) error {
	switch status {
	case 200:
		return nil
	case 0:
		return fmt.Errorf("navigate to %s: there was no response: does a page host serve this origin?", url)
	}
	return fmt.Errorf("navigate to %s: it was answered with status %d: does a page host serve this origin?", url, status)
}

// A loading is what a page says of how it was loaded.
type loading struct {
	URL    string `json:"url"`
	Status int    `json:"status"` // of the response
}

// loaded is the expression for a page's [loading], once it is complete.
const loaded = `new Promise(done => {
	const say = () => done({url: document.URL, status: performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0})
	document.readyState === 'complete' ? say() : addEventListener('load', say)
})`

// load waits until the url that the tab was opened with is loaded, and wants status
// 200.
func (t *tab) load(ctx context.Context, url string) error {
	// Until the navigation is committed there is an empty document, which ends then.
	said, err := eval[loading](ctx, t, runtime.EvaluateParams{Expression: loaded})
	if err != nil && context.Cause(ctx) == nil || err == nil && said.URL == "about:blank" {
		if err := t.session.wait(ctx, func() bool { return t.session.loaded }); err != nil {
			return fmt.Errorf("navigate to %s: %w", url, err)
		}
		said, err = eval[loading](ctx, t, runtime.EvaluateParams{Expression: loaded})
	}
	if err != nil {
		return fmt.Errorf("navigate to %s: %w", url, err)
	}
	return wantOK(url, said.Status)
}

// eval evaluates an expression in the page, waits for a promise that it
// returns, and decodes the value.
func eval[T any](ctx context.Context, t *tab, params runtime.EvaluateParams) (T, error) {
	var value T
	params.AwaitPromise = new(true)
	params.ReturnByValue = new(true)
	result, err := call(ctx, t, runtime.Evaluate, params)
	if err != nil {
		return value, err
	}
	if result.ExceptionDetails != nil {
		return value, fmt.Errorf("evaluate in the page: %s", exceptionText(result.ExceptionDetails))
	}
	if len(result.Result.Value) == 0 {
		return value, nil
	}
	return value, json.Unmarshal(result.Result.Value, &value)
}

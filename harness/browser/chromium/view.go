package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/corsproof/corsproof/harness/browser"
)

// A View is a page as a user sees it: in a browser context of its own, so with its own
// cookies and caches. It is used with real input events. Its methods are not safe for
// concurrent use.
type View struct {
	tab *tab
	url string
}

// OpenView opens url in a fresh browser context and waits until it has loaded.
// ctx and [Timeouts.Open] bound the opening; the caller closes the view.
func (c *Browser) OpenView(ctx context.Context, url string) (*View, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeouts.Open, fmt.Errorf("not open within %v", c.cfg.Timeouts.Open))
	defer cancel()
	t, err := c.openTab(ctx, chromedp.WithNewBrowserContext())
	if err != nil {
		return nil, fmt.Errorf("open a view of %s: %w", url, err)
	}
	if err := t.navigate(ctx, url); err != nil {
		t.close()
		return nil, fmt.Errorf("open a view of %s: %w", url, err)
	}
	return &View{tab: t, url: url}, nil
}

// Close closes the view and its browser context.
func (v *View) Close() error {
	v.tab.close()
	return nil
}

// Console returns the latest messages of the page's console, some hundreds, including the
// browser's own messages about the page, each with its level in front.
func (v *View) Console() []string { return v.tab.session.consoleLines() }

// Click waits until the first element that matches the CSS selector is visible,
// moves there and clicks, as a user would.
func (v *View) Click(ctx context.Context, selector string) error {
	return v.act(ctx, "click", selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type focuses the first element that matches the CSS selector and types text,
// key by key.
func (v *View) Type(ctx context.Context, selector, text string) error {
	return v.act(ctx, "type into", selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (v *View) act(ctx context.Context, verb, selector string, action chromedp.Action[chromedp.Void]) error {
	limit := v.tab.browser.cfg.Timeouts.WaitText
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no visible element within %v", limit))
	defer cancel()
	if _, err := do(ctx, v.tab, action); err != nil {
		return v.explain(fmt.Errorf("%s %q in %s: %w", verb, selector, v.url, err))
	}
	return nil
}

// Text returns the current text of the first element that matches the CSS selector, as a
// user would read it. It returns an error if there is no such element.
func (v *View) Text(ctx context.Context, selector string) (string, error) {
	text, err := v.text(ctx, selector, "")
	if err != nil {
		return "", v.explain(fmt.Errorf("text of %q in %s: %w", selector, v.url, err))
	}
	if text == nil {
		return "", v.explain(fmt.Errorf("text of %q in %s: no such element", selector, v.url))
	}
	return *text, nil
}

// Attribute returns the value of an attribute of the first element that matches the CSS
// selector. It returns an error if there is no such element, or if it lacks the
// attribute.
func (v *View) Attribute(ctx context.Context, selector, name string) (string, error) {
	arguments, err := json.Marshal([]string{selector, name})
	if err != nil {
		return "", err
	}
	value, err := eval[*string](ctx, v.tab, runtime.EvaluateParams{
		Expression: fmt.Sprintf(`((selector, name) => document.querySelector(selector)?.getAttribute(name) ?? null)(...%s)`, arguments),
	})
	if err == nil && value == nil {
		err = errors.New("there is none")
	}
	if err != nil {
		return "", v.explain(fmt.Errorf("attribute %q of %q in %s: %w", name, selector, v.url, err))
	}
	return *value, nil
}

// WaitText waits until done accepts the text of the first element that matches the CSS
// selector, and returns the text. It calls done with the current text, and again whenever
// the document changes it, but not while there is no such element. The wait ends with ctx
// or [Timeouts.WaitText].
func (v *View) WaitText(ctx context.Context, selector string, done func(text string) bool) (string, error) {
	limit := v.tab.browser.cfg.Timeouts.WaitText
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %v", limit))
	defer cancel()
	text, err := v.text(ctx, selector, "")
	for {
		if err == nil && text != nil && done(*text) {
			return *text, nil
		}
		if err != nil {
			break
		}
		// The promise is kept at the next text that differs from this one.
		var next *string
		next, err = v.text(ctx, selector, unlike(text))
		if err == nil {
			text = next
		}
	}
	last := "there is no such element"
	if text != nil {
		last = fmt.Sprintf("it is %q", *text)
	}
	return "", v.explain(fmt.Errorf("wait for the text of %q in %s: %w: %s", selector, v.url, err, last))
}

// unlike returns the script's argument that makes it wait for another text.
func unlike(text *string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(encoded)
}

// textScript returns the element's text, null without one. With a second
// argument it waits until that differs from it.
const textScript = `(selector, ...unlike) => {
	const now = () => document.querySelector(selector)?.innerText ?? null;
	if (unlike.length === 0 || now() !== unlike[0]) return now();
	return new Promise((resolve) => {
		const observer = new MutationObserver(() => {
			const text = now();
			if (text === unlike[0]) return;
			observer.disconnect();
			resolve(text);
		});
		observer.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
	});
}`

func (v *View) text(ctx context.Context, selector, unlike string) (*string, error) {
	quoted, err := json.Marshal(selector)
	if err != nil {
		return nil, err
	}
	arguments := string(quoted)
	if unlike != "" {
		arguments += ", " + unlike
	}
	return eval[*string](ctx, v.tab, runtime.EvaluateParams{Expression: fmt.Sprintf("(%s)(%s)", textScript, arguments)})
}

// Screenshot returns a PNG of the visible part.
func (v *View) Screenshot(ctx context.Context) ([]byte, error) {
	limit := v.tab.browser.cfg.Timeouts.WaitText
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %v", limit))
	defer cancel()
	shot, err := call(ctx, v.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	if err != nil {
		return nil, fmt.Errorf("screenshot of %s: %w", v.url, err)
	}
	return shot.Data, nil
}

// explain adds the last lines of the console to an error.
func (v *View) explain(err error) error {
	const shown = 3
	lines := v.Console()
	if len(lines) == 0 || errors.Is(err, browser.ErrBrowserGone) {
		return err
	}
	return fmt.Errorf("%w; console: %s", err, strings.Join(lines[max(0, len(lines)-shown):], " | "))
}

package chromium

import (
	"context"

	"github.com/chromedp/chromedp"
)

// Fill replaces the content of the first input that matches the CSS selector: it selects
// all of it and types text over it, key by key.
func (v *View) Fill(ctx context.Context, selector, text string) error {
	if err := v.act(ctx, "select the text of", selector, selectAll(selector)); err != nil {
		return err
	}
	return v.Type(ctx, selector, text)
}

func selectAll(selector string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.Focus(chromedp.CSS(selector))(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		return chromedp.Evaluate[chromedp.Void]("document.activeElement.select()")(ctx, t)
	}
}

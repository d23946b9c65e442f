package chromium

// Gone is closed when the browser's process has ended or can't be talked to any
// more, whoever ended it. [Browser.Err] says why.
func (c *Browser) Gone() <-chan struct{} { return c.gone }

// Err returns why the browser is gone, wrapping [browser.ErrBrowserGone]; nil while it
// is there, and if it was closed.
func (c *Browser) Err() error {
	select {
	case <-c.gone:
	default:
		return nil
	}
	if c.closing.Load() {
		return nil
	}
	return c.goneErr
}

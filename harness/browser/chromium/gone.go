package chromium

// Gone returns a channel that is closed when the browser's process has exited or no
// longer answers. [Browser.Err] says why.
func (c *Browser) Gone() <-chan struct{} { return c.gone }

// Err returns why the browser is gone, wrapping [browser.ErrBrowserGone]; nil while it
// runs, and after Close.
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

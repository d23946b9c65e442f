package drive

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
)

// opener opens pages of no browser, and knows which are open.
type opener struct {
	mu     sync.Mutex
	open   []string
	opened int
	fails  error
}

type opened struct {
	browser.Page
	opener *opener
	origin string
}

func (o *opener) Open(_ context.Context, origin string, _ int) (browser.Page, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails != nil {
		return nil, o.fails
	}
	o.open = append(o.open, origin)
	o.opened++
	return &opened{opener: o, origin: origin}, nil
}

func (p *opened) Close() error {
	p.opener.mu.Lock()
	defer p.opener.mu.Unlock()
	i := slices.Index(p.opener.open, p.origin)
	p.opener.open = slices.Delete(p.opener.open, i, i+1)
	return nil
}

func pagesT(t *testing.T, o *opener, keep int) (*Pages, *[]string) {
	t.Helper()
	served := &[]string{}
	p := NewPages(PagesConfig{Serve: func(origin string) error { *served = append(*served, origin); return nil }, Open: o.Open, Keep: keep, Slots: 8})
	t.Cleanup(p.Close)
	return p, served
}

// The pages that were used last stay open, and each origin is served once.
func TestPagesKept(t *testing.T) {
	t.Parallel()
	o := &opener{}
	p, served := pagesT(t, o, 2)
	for _, origin := range []string{"https://a.test", "https://b.test", "https://a.test", "https://c.test", "https://a.test", "https://b.test"} {
		_, err := p.Page(t.Context(), origin, 1)
		require.NoError(t, err)
	}
	p.closing.Wait()
	assert.ElementsMatch(t, []string{"https://a.test", "https://b.test"}, o.open)
	assert.Equal(t, 4, o.opened, "b is opened twice, a once")
	assert.Equal(t, []string{"https://a.test", "https://b.test", "https://c.test"}, *served)
	p.Close()
	assert.Empty(t, o.open)
}

// A page that has too few slots for the calls that come is opened anew, once.
func TestPagesGrow(t *testing.T) {
	t.Parallel()
	o := &opener{}
	p, _ := pagesT(t, o, 0)
	for _, calls := range []int{1, 2, 3, 16, 1000} {
		_, err := p.Page(t.Context(), "https://a.test", calls)
		require.NoError(t, err)
	}
	p.closing.Wait()
	assert.Equal(t, 2, o.opened)
	assert.Len(t, o.open, 1)
}

// A page that failed to open is not kept.
func TestPagesTryAgain(t *testing.T) {
	t.Parallel()
	o := &opener{fails: errors.New("no")}
	p, _ := pagesT(t, o, 0)
	_, err := p.Page(t.Context(), "https://a.test", 1)
	require.ErrorIs(t, err, o.fails)
	o.fails = nil
	_, err = p.Page(t.Context(), "https://a.test", 1)
	require.NoError(t, err)
}

// The document of a page with an opaque origin comes from its host.
func TestPagesOpaque(t *testing.T) {
	t.Parallel()
	p, served := pagesT(t, &opener{}, 0)
	_, err := p.Page(t.Context(), browser.OpaqueOrigin, 1)
	require.NoError(t, err)
	assert.Equal(t, []string{browser.OpaqueHost}, *served)
}

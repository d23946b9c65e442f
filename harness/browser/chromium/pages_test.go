package chromium

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// Pages that are observed together make their calls at the same time, and each
// has what its own came to.
func TestObserveSeveralPages(t *testing.T) {
	t.Parallel()
	i := start(t)
	var both sync.WaitGroup // each call waits for the other page's
	both.Add(2)
	server := i.serve(t, "several", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/together") {
			both.Done()
			both.Wait()
		}
		allowing(w, r)
	})
	first, firstOrigin := i.open(t, "")
	second, secondOrigin := i.open(t, "")
	only := "h=Access-Control-Allow-Origin: " + firstOrigin
	job := func(id, path string) browser.Job {
		return browser.Job{ID: id, Request: fetch.Request{URL: at(server.Addr(), path, only)}}
	}
	got := map[string]fetch.Trace{}
	err := i.chromium.Observe(t.Context(), []browser.PageJobs{
		{Page: first, Jobs: []browser.Job{job("first", "/together"), job("first-same", "/same")}},
		{Page: second, Jobs: []browser.Job{job("second", "/together2"), job("second-same", "/same")}},
	}, func(o browser.Observation) { got[o.ID] = o.Trace })
	require.NoError(t, err)
	require.Len(t, got, 4)
	for id, origin := range map[string]string{"first": firstOrigin, "first-same": firstOrigin, "second": secondOrigin, "second-same": secondOrigin} {
		trace := got[id]
		assert.Equal(t, origin, trace.Request.Origin)
		require.Len(t, trace.Exchanges, 1, id)
		sent, _ := trace.Exchanges[0].Request.Headers.Get("Origin")
		assert.Equal(t, origin, sent)
		assert.Equal(t, origin == firstOrigin, trace.Outcome.Readable(), id)
	}
	require.NotNil(t, got["second"].Outcome.Block)
	assert.Equal(t, "AllowOriginMismatch", got["second"].Outcome.Block.Code)

	err = i.chromium.Observe(t.Context(), []browser.PageJobs{
		{Page: first, Jobs: []browser.Job{job("twice", "/1")}}, {Page: second, Jobs: []browser.Job{job("twice", "/2")}},
	}, func(browser.Observation) { t.Error("something was observed") })
	require.ErrorContains(t, err, `job "twice": its ID is not unique`)
	err = i.chromium.Observe(t.Context(), []browser.PageJobs{{Page: &chromiumPage{browser: &Browser{}}}}, nil)
	require.ErrorContains(t, err, "a page of another browser")
}

// What a page was told to keep is asked for again once the caches are empty, and
// not before. Not in parallel: other tests want their caches full.
func TestClearCaches(t *testing.T) {
	i := start(t)
	server := i.serve(t, "cleared", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Max-Age", "60")
		w.Header().Set("Cache-Control", "max-age=60")
	})
	page, _ := i.open(t, "")
	ask := func(method string) int {
		url := fmt.Sprintf("http://%s/%s", server.Addr(), method)
		return len(observe(t, page, fetch.Request{Method: method, URL: url})[0].Exchanges)
	}
	assert.Equal(t, []int{1, 0}, []int{ask("GET"), ask("GET")})
	assert.Equal(t, []int{2, 1}, []int{ask("PUT"), ask("PUT")})
	require.NoError(t, i.chromium.ClearCaches(t.Context()))
	assert.Equal(t, []int{1, 0}, []int{ask("GET"), ask("GET")})
	assert.Equal(t, []int{2, 1}, []int{ask("PUT"), ask("PUT")})
}

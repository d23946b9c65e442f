package chromium

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
)

func TestStrayRequestsFailLoudly(t *testing.T) {
	// Serial: what it sends astray must not fall into another test's window.
	i := start(t)
	server := i.serve(t, "stray", allowing)
	p, _ := i.open(t, "")
	page := p.(*chromiumPage)
	url := at(server.Addr(), "/asked", "h=Access-Control-Allow-Origin: *")
	_, err := eval[any](t.Context(), page.tab, evaluate(fmt.Sprintf(
		`(() => {
			const own = fetch;
			globalThis.fetch = (...all) => {
				globalThis.fetch = own;
				own('http://%s/unasked', {mode: 'no-cors'});
				return own(...all);
			};
		})()`, server.Addr())))
	require.NoError(t, err)
	traces, err := tryObserve(t.Context(), page, fetch.Request{URL: url})
	var stray *browser.StrayError
	require.ErrorAs(t, err, &stray)
	assert.ErrorContains(t, err, "GET /unasked at stray")
	require.Len(t, stray.Exchanges, 1)
	assert.Contains(t, i.chromium.Stray(), stray.Exchanges[0])
	assert.Equal(t, []string{"GET 200"}, wireStory(traces[0]))
}

func TestRoundsKeepURLsApart(t *testing.T) {
	t.Parallel()
	pages := []*chromiumPage{new(chromiumPage), new(chromiumPage)}
	var tasks []task
	for n, url := range []string{"u", "v", "u#a", "w", "u"} {
		tasks = append(tasks, task{pages[n%2], browser.Job{ID: fmt.Sprint(n), Request: fetch.Request{URL: url}}})
	}
	var got [][]string
	for _, round := range rounds(tasks) {
		var ids []string
		for _, t := range round {
			ids = append(ids, t.job.ID)
		}
		got = append(got, ids)
	}
	assert.Equal(t, [][]string{{"0", "1", "3"}, {"2"}, {"4"}}, got)
}

func TestAbsenceIsProvenOrSaidNotToBe(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "absent", allowing)
	w := witness.OpenWindow(i.router, i.all())
	urls := []string{"http://" + server.Addr() + "/x"}

	err := witness.JoinUnproven(w.ProveAbsence(t.Context(), urls, nil, func(context.Context, []witness.Sentinel) ([]string, error) { return []string{"the page refused"}, nil }))
	require.ErrorContains(t, err, "the page refused")
	err = witness.JoinUnproven(w.ProveAbsence(t.Context(), urls, nil, func(context.Context, []witness.Sentinel) ([]string, error) { return nil, errors.New("no page") }))
	require.ErrorContains(t, err, "no page")

	// One that is under way for ever ends with the context, one that arrives is
	// proof whether or not it is answered.
	ctx, cancel := context.WithCancelCause(t.Context())
	own := errors.New("the test's own deadline")
	err = witness.JoinUnproven(w.ProveAbsence(ctx, urls, nil, func(ctx context.Context, _ []witness.Sentinel) ([]string, error) {
		cancel(own)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}))
	require.ErrorIs(t, err, own)
	err = witness.JoinUnproven(w.ProveAbsence(t.Context(), urls, nil, func(ctx context.Context, sentinels []witness.Sentinel) ([]string, error) {
		request, err := http.NewRequestWithContext(ctx, "GET", sentinels[0].URL, nil)
		if err != nil {
			return nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		response.Body.Close()
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}))
	require.NoError(t, err)
}

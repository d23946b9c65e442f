package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// application is a page with a field, a button for each URL that it is given,
// and a place that shows what came of the call.
const application = `<!doctype html>
<link rel="icon" href="data:,">
<title>application</title>
<input id="name">
<p id="result" data-state="idle">idle</p>
<p id="echo"></p>
<script>
	const result = document.querySelector('#result');
	document.querySelector('#name').addEventListener('input', (e) => {
		document.querySelector('#echo').textContent = e.target.value;
	});
	for (const [id, url, init] of %s) {
		const button = document.createElement('button');
		button.id = id;
		button.textContent = id;
		button.onclick = async (e) => {
			result.dataset.state = 'busy';
			result.textContent = e.isTrusted ? 'clicked by a user' : 'clicked by script';
			let text;
			try {
				text = await (await fetch(url, init)).text();
			} catch (error) {
				text = String(error);
				console.warn('could not', id);
			}
			setTimeout(() => { result.dataset.state = 'done'; result.textContent = 'done: ' + text; });
		};
		document.body.append(button);
	}
</script>`

func (i *instrument) view(tb testing.TB, buttons string) (*View, string) {
	tb.Helper()
	origin, err := i.pages.Serve("", fstest.MapFS{"index.html": {Data: fmt.Appendf(nil, application, buttons)}})
	require.NoError(tb, err)
	view, err := i.chromium.OpenView(tb.Context(), origin+"/")
	require.NoError(tb, err)
	tb.Cleanup(func() { view.Close() })
	return view, origin
}

func isDone(text string) bool { return strings.HasPrefix(text, "done:") }

func clickAndWait(view *View, id string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := view.Click(ctx, "#"+id); err != nil {
			return err
		}
		_, err := view.WaitText(ctx, "#result", isDone)
		return err
	}
}

func TestViewIsUsedAsByAUser(t *testing.T) {
	t.Parallel()
	i := start(t)
	view, _ := i.view(t, `[['go', 'data:,hello']]`)
	ctx := t.Context()
	require.NoError(t, view.Type(ctx, "#name", "tea for 2"))
	text, err := view.WaitText(ctx, "#echo", func(s string) bool { return len(s) == 9 })
	require.NoError(t, err)
	assert.Equal(t, "tea for 2", text)

	var seen []string
	require.NoError(t, view.Click(ctx, "#go"))
	text, err = view.WaitText(ctx, "#result", func(s string) bool { seen = append(seen, s); return isDone(s) })
	require.NoError(t, err)
	assert.Equal(t, "done: hello", text)
	assert.NotContains(t, seen, "clicked by script")

	state, err := view.Attribute(ctx, "#result", "data-state")
	require.NoError(t, err)
	assert.Equal(t, "done", state)
	text, err = view.Text(ctx, "#result")
	require.NoError(t, err)
	assert.Equal(t, "done: hello", text)

	shot, err := view.Screenshot(ctx)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	assert.Greater(t, picture.Bounds().Dx(), 600)
}

func TestViewSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	i := start(t)
	view, _ := i.view(t, `[['go', 'http://127.0.0.1:1/']]`)
	_, err := view.Text(t.Context(), "#nothing")
	assert.ErrorContains(t, err, `text of "#nothing"`)
	_, err = view.Attribute(t.Context(), "#result", "data-none")
	assert.ErrorContains(t, err, `attribute "data-none" of "#result"`)

	impatient := errors.New("the test's own deadline")
	waiting, giveUp := context.WithCancelCause(t.Context())
	defer giveUp(nil)
	_, err = view.WaitText(waiting, "#result", func(text string) bool {
		giveUp(impatient)
		return isDone(text)
	})
	require.ErrorIs(t, err, impatient)
	assert.ErrorContains(t, err, `it is "idle"`)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, impatient)
	defer cancel()
	require.ErrorIs(t, view.Click(ctx, "#nothing"), impatient)
}

func TestViewOfWhatIsNotServed(t *testing.T) {
	t.Parallel()
	i := start(t)
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	i.mu.Lock()
	i.forget = append(i.forget, strings.TrimPrefix(origin, "http://"))
	i.mu.Unlock()
	_, err = i.chromium.Open(t.Context(), origin+"/nowhere")
	assert.ErrorContains(t, err, "status 404")
}

func TestActShowsWhatWasOnTheWire(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "act", allowing)
	addr := server.Addr()
	view, origin := i.view(t, fmt.Sprintf(`[
		['open', %q],
		['closed', %q],
		['refused', %q, {method: 'PUT'}],
		['allowed', %q, {method: 'PUT', body: 'x'}],
		['moved', %q],
	]`,
		at(addr, "/open", "h=Access-Control-Allow-Origin: *"),
		at(addr, "/closed"),
		at(addr, "/refused"),
		at(addr, "/allowed", "h=Access-Control-Allow-Origin: *", "h=Access-Control-Allow-Methods: PUT"),
		at(addr, "/moved", "status=302", "h=Access-Control-Allow-Origin: *", "h=Location: /moved-end"),
	))
	for _, tc := range []struct {
		button   string
		response fetch.ResponseType
		code     string
		wire     []string
	}{
		{button: "open", response: fetch.ResponseCORS, wire: []string{"GET 200"}},
		{button: "closed", code: "MissingAllowOriginHeader", wire: []string{"GET 200"}},
		{button: "refused", code: "PreflightMissingAllowOriginHeader", wire: []string{"preflight for nothing sent 200"}},
		{button: "allowed", response: fetch.ResponseCORS, wire: []string{"preflight for PUT 200", "PUT 200"}},
		{button: "moved", code: "MissingAllowOriginHeader", wire: []string{"GET 302", "GET 200"}},
	} {
		// Serial: one view.
		t.Run(tc.button, func(t *testing.T) {
			activity, err := view.Act(t.Context(), clickAndWait(view, tc.button))
			require.NoError(t, err)
			require.Len(t, activity.Calls, 1)
			call := activity.Calls[0]
			assert.Equal(t, tc.wire, wireStory(fetch.Trace{Exchanges: activity.Exchanges}))
			assert.Equal(t, activity.Exchanges, call.Exchanges)
			assert.Empty(t, activity.Others)
			if tc.code != "" {
				require.NotNil(t, call.Outcome.Block, "%+v", call.Outcome)
				assert.Equal(t, tc.code, call.Outcome.Block.Code)
				return
			}
			require.NotNil(t, call.Outcome.Response, "%+v", call.Outcome)
			assert.Equal(t, tc.response, call.Outcome.Response.Type)
			last := activity.Exchanges[len(activity.Exchanges)-1]
			assert.Equal(t, last.Response.Body, call.Outcome.Response.Body)
			assert.NotNil(t, last.Protocol)
			sent, _ := last.Request.Headers.Get("Origin")
			assert.Equal(t, origin, sent)
		})
	}
	assert.True(t, hasSentinel(server), "nothing proves what was not sent")
	assert.Contains(t, view.Console(), "warning: could not closed")
}

func TestActTellsServersCallsFromTheViews(t *testing.T) {
	t.Parallel()
	i := start(t)
	behind := i.serve(t, "behind", allowing)
	front := i.serve(t, "front", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.URL.Path != "/front" {
			return
		}
		response, err := http.Get("http://" + behind.Addr() + "/behind")
		if err == nil {
			response.Body.Close()
		}
	})
	view, _ := i.view(t, fmt.Sprintf(`[['go', 'http://%s/front']]`, front.Addr()))
	activity, err := view.Act(t.Context(), clickAndWait(view, "go"))
	require.NoError(t, err)
	require.Len(t, activity.Exchanges, 1)
	assert.Equal(t, "front", activity.Exchanges[0].Server)
	require.Len(t, activity.Others, 1)
	assert.Equal(t, "behind", activity.Others[0].Server)
}

// TestActOfACallWhoseBodyNobodyReads: it is over all the same.
func TestActOfACallWhoseBodyNobodyReads(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "unread", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write(make([]byte, 1<<20))
	})
	view, _ := i.view(t, `[]`)
	activity, err := view.Act(t.Context(), func(ctx context.Context) error {
		_, err := eval[int](ctx, view.tab, evaluate(fmt.Sprintf("fetch('http://%s/unread').then((r) => r.status)", server.Addr())))
		return err
	})
	require.NoError(t, err)
	require.Len(t, activity.Calls, 1)
	assert.Equal(t, 200, activity.Calls[0].Outcome.Response.Status)
}

func TestActEndsWithItsAct(t *testing.T) {
	t.Parallel()
	i := start(t)
	view, _ := i.view(t, `[]`)
	own := errors.New("the act's own error")
	_, err := view.Act(t.Context(), func(context.Context) error { return own })
	require.ErrorIs(t, err, own)
	activity, err := view.Act(t.Context(), func(context.Context) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, Activity{}, activity)
}

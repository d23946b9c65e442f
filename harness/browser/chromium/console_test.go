package chromium

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// TestSentencesWordTheCodes makes Chromium block a call in each way that it has
// a code for, with the Network domain on, and holds the code and the parameter
// that its log words against those that the domain gives. A new wording fails
// here.
func TestSentencesWordTheCodes(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "codes", allowing)
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	tab, err := i.chromium.openTab(t.Context())
	require.NoError(t, err)
	defer tab.close()
	// What this tab sends belongs to no job of a test beside it.
	release, err := i.chromium.observe(t.Context())
	require.NoError(t, err)
	defer release()
	require.NoError(t, tab.navigate(t.Context(), origin+browser.PagePath))

	const anyOrigin = "h=Access-Control-Allow-Origin: *"
	own := "h=Access-Control-Allow-Origin: " + origin
	tests := []struct {
		code network.CorsError
		call string // after the URL, in fetch()'s argument list
		with []string
	}{
		{network.CorsErrorMissingAllowOriginHeader, "", nil},
		{network.CorsErrorWildcardOriginNotAllowed, "{credentials: 'include'}", []string{anyOrigin}},
		{network.CorsErrorMultipleAllowOriginValues, "", []string{"h=Access-Control-Allow-Origin: http://a.test, http://b.test"}},
		{network.CorsErrorMultipleAllowOriginValues, "", []string{anyOrigin, anyOrigin}},
		{network.CorsErrorInvalidAllowOriginValue, "", []string{"h=Access-Control-Allow-Origin: none"}},
		{network.CorsErrorAllowOriginMismatch, "", []string{"h=Access-Control-Allow-Origin: http://other.test"}},
		{network.CorsErrorInvalidAllowCredentials, "{credentials: 'include'}", []string{own, "h=Access-Control-Allow-Credentials: True"}},
		{network.CorsErrorInvalidAllowCredentials, "{credentials: 'include'}", []string{own}},
		{network.CorsErrorPreflightMissingAllowOriginHeader, "{method: 'PUT'}", nil},
		{network.CorsErrorPreflightWildcardOriginNotAllowed, "{method: 'PUT', credentials: 'include'}", []string{anyOrigin}},
		{network.CorsErrorPreflightMultipleAllowOriginValues, "{method: 'PUT'}", []string{"h=Access-Control-Allow-Origin: *, *"}},
		{network.CorsErrorPreflightInvalidAllowOriginValue, "{method: 'PUT'}", []string{"h=Access-Control-Allow-Origin: none"}},
		{network.CorsErrorPreflightAllowOriginMismatch, "{method: 'PUT'}", []string{"h=Access-Control-Allow-Origin: http://other.test"}},
		{network.CorsErrorPreflightInvalidAllowCredentials, "{method: 'PUT', credentials: 'include'}", []string{own, "h=Access-Control-Allow-Credentials: no"}},
		{network.CorsErrorPreflightInvalidStatus, "{method: 'PUT'}", []string{anyOrigin, "preflight=403"}},
		{network.CorsErrorPreflightDisallowedRedirect, "{method: 'PUT'}", []string{anyOrigin, "preflight=302", "p=Location: /"}},
		{network.CorsErrorInvalidAllowMethodsPreflightResponse, "{method: 'PUT'}", []string{anyOrigin, "h=Access-Control-Allow-Methods: P UT"}},
		{network.CorsErrorInvalidAllowHeadersPreflightResponse, "{headers: {'x-a': '1'}}", []string{anyOrigin, "h=Access-Control-Allow-Headers: x a"}},
		{network.CorsErrorMethodDisallowedByPreflightResponse, "{method: 'PUT'}", []string{anyOrigin, "h=Access-Control-Allow-Methods: PATCH"}},
		{network.CorsErrorHeaderDisallowedByPreflightResponse, "{headers: {'x-a': '1'}}", []string{anyOrigin, "h=Access-Control-Allow-Headers: x-b"}},
		{network.CorsErrorHeaderDisallowedByPreflightResponse, "{headers: {'authorization': '1'}}", []string{anyOrigin, "h=Access-Control-Allow-Headers: x-b"}},
		{network.CorsErrorRedirectContainsCredentials, "", []string{anyOrigin, "status=302", "h=Location: http://user:secret@" + server.Addr() + "/"}},
	}
	for n, tc := range tests {
		// Serial: each looks for its own in the one tab.
		t.Run(fmt.Sprint(tc.code), func(t *testing.T) {
			tab.session.reset()
			url := at(server.Addr(), fmt.Sprint("/", n), tc.with...)
			_, err := eval[any](t.Context(), tab, runtime.EvaluateParams{
				Expression: fmt.Sprintf("fetch(%q, %s).then(() => {}, () => {})", url, tc.call),
			})
			require.NoError(t, err)
			var got *network.EventLoadingFailed
			require.NoError(t, tab.session.wait(t.Context(), func() bool {
				for _, q := range tab.session.order {
					if !q.Preflight && q.failed != nil {
						got = q.failed
					}
				}
				return got != nil
			}))
			require.NotNil(t, got.CorsErrorStatus, "%+v", got)
			assert.Equal(t, tc.code, got.CorsErrorStatus.CorsError)

			tab.session.mu.Lock()
			defer tab.session.mu.Unlock()
			var why *explanation
			for _, x := range tab.session.explanations {
				if x.sentence != "" {
					why = &x
				}
			}
			require.NotNil(t, why, "no sentence in %q", tab.session.console)
			code, parameter := codeOf(why.sentence)
			assert.Equal(t, got.CorsErrorStatus.CorsError, code, why.sentence)
			assert.Equal(t, got.CorsErrorStatus.FailedParameter, parameter, why.sentence)
			assert.Equal(t, url, why.first)
		})
	}
}

func TestBlocksNameTheStep(t *testing.T) {
	t.Parallel()
	got := explanation{sentence: "Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response."}.block()
	assert.Equal(t, &fetch.Block{
		Phase: "cors-preflight-fetch-0", Step: "7.6", Detail: "authorization-not-listed",
		Sentence: `"authorization" is not in Access-Control-Allow-Headers`,
		Code:     "HeaderDisallowedByPreflightResponse", Parameter: "authorization",
	}, got)

	const unheard = "A sentence of a later Chromium."
	assert.Equal(t, &fetch.Block{Sentence: unheard}, explanation{sentence: unheard}.block())
	assert.Nil(t, explanation{netError: "net::ERR_FAILED"}.block())
}

func TestExplainLeavesOtherEntriesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Failed to load resource: the server responded with a status of 404 (Not Found)",
		"Access to fetch at nowhere",
		"",
	} {
		_, ok := explain(&log.Entry{Text: text})
		assert.False(t, ok, text)
	}
}

// What ends outside of the CORS check and the preflight has its place, too.
func TestOtherReasonsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		x    explanation
		want string
	}{
		{"bad port", explanation{netError: "net::ERR_UNSAFE_PORT"}, "block-bad-port 2 bad-port"},
		{"redirects", explanation{netError: "net::ERR_TOO_MANY_REDIRECTS"}, "concept-http-redirect-fetch 7 too-many-redirects"},
		{"mixed content", explanation{sentence: "Mixed Content: …", code: codeMixedContent}, "concept-main-fetch 7 mixed-content"},
		{"integrity", explanation{sentence: integritySentence}, "concept-main-fetch  "},
		{"scheme", explanation{sentence: `URL scheme "ftp" is not supported.`, url: "ftp://a/", first: "ftp://a/"}, "concept-main-fetch 12 not-http"},
		{"scheme of a redirect", explanation{sentence: "Cross origin requests are only supported for protocol schemes: data, http.", url: "ftp://a/", first: "https://a/"},
			"concept-http-redirect-fetch 6 location-scheme"},
	} {
		b := tc.x.block()
		require.NotNil(t, b, tc.name)
		assert.Equal(t, tc.want, b.Phase+" "+b.Step+" "+b.Detail, tc.name)
	}
	ftp := explanation{sentence: `URL scheme "ftp" is not supported.`, url: "ftp://a/", first: "ftp://a/"}
	assert.Equal(t, "not-http", ftp.blockIn(fetch.ModeCORS).Detail)
	assert.Equal(t, "concept-scheme-fetch", ftp.blockIn(fetch.ModeNoCORS).Phase)
}

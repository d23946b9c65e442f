package chromium

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"

	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
)

// An explanation is what Chromium says in its log of a call that failed.
type explanation struct {
	// url is the URL at which it failed, first the call's own; they differ after
	// a redirect. Both are without a fragment.
	url, first string
	// sentence is Chromium's reason; empty for a plain network error.
	sentence  string
	code      string // for a sentence that words none
	netError  string // such as "net::ERR_FAILED"
	requestID string
}

// Chromium's words for a call that the CORS protocol ended, and for one that
// the API can't make.
var (
	blockedSentence  = regexp.MustCompile(`^Access to (?:fetch|XMLHttpRequest) at '([^']*)'(?: \(redirected from '([^']*)'\))? from origin '[^']*' has been blocked by CORS policy: (.*)$`)
	mixedContent     = regexp.MustCompile(`^Mixed Content: .* insecure (?:resource|XMLHttpRequest endpoint) '([^']*)'\. This request has been blocked`)
	cannotLoad       = regexp.MustCompile(`^Fetch API cannot load (\S+)\. (.*)$`)
	failedToLoadText = "Failed to load resource: "
)

// codeMixedContent stands for a request that mixed content ends; Chromium has a
// sentence for it and no code.
const codeMixedContent = "mixed-content"

// integritySentence is what Chromium says of a body that isn't the one which the
// page asked for, codeIntegrity stands for it.
const (
	integritySentence = "SRI's integrity checks failed."
	codeIntegrity     = "integrity"
)

// explain returns what an entry of the log explains, and false for an entry
// about something else.
func explain(e *log.Entry) (explanation, bool) {
	if m := blockedSentence.FindStringSubmatch(e.Text); m != nil {
		return explanationOf(m[1], cmp.Or(m[2], m[1]), m[3]), true
	}
	if m := cannotLoad.FindStringSubmatch(e.Text); m != nil {
		return explanationOf(m[1], m[1], m[2]), true
	}
	if m := mixedContent.FindStringSubmatch(e.Text); m != nil {
		x := explanationOf(m[1], m[1], e.Text)
		x.code = codeMixedContent
		return x, true
	}
	if code, ok := strings.CutPrefix(e.Text, failedToLoadText); ok && strings.HasPrefix(code, "net::") {
		return explanation{url: witness.WithoutFragment(e.URL), netError: code, requestID: string(e.NetworkRequestID)}, true
	}
	return explanation{}, false
}

func explanationOf(url, first, sentence string) explanation {
	return explanation{url: witness.WithoutFragment(url), first: witness.WithoutFragment(first), sentence: sentence}
}

// A sentence is how Chromium words one of its codes. The group, if there is
// one, is the code's parameter.
type sentence struct {
	code    network.CorsError
	pattern *regexp.Regexp
}

const preflightPrefix = "Response to preflight request doesn't pass access control check: "

// corsSentences holds Chromium's wording of each code; a test holds it against
// the codes that the Network domain gives. A wording that is not here leaves
// the code out, and the sentence stands for itself.
var corsSentences = func() []sentence {
	var all []sentence
	add := func(code network.CorsError, pattern string) {
		all = append(all, sentence{code, regexp.MustCompile("^" + pattern)})
	}
	// The CORS check, of a preflight first: its wording has a prefix.
	for _, check := range []struct {
		code, preflight network.CorsError
		pattern         string
	}{
		{network.CorsErrorMissingAllowOriginHeader, network.CorsErrorPreflightMissingAllowOriginHeader, `No 'Access-Control-Allow-Origin' header is present`},
		{network.CorsErrorWildcardOriginNotAllowed, network.CorsErrorPreflightWildcardOriginNotAllowed, `The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '\*'`},
		{network.CorsErrorMultipleAllowOriginValues, network.CorsErrorPreflightMultipleAllowOriginValues, `The 'Access-Control-Allow-Origin' header contains multiple values '(.*)', but only one is allowed`},
		{network.CorsErrorInvalidAllowOriginValue, network.CorsErrorPreflightInvalidAllowOriginValue, `The 'Access-Control-Allow-Origin' header contains the invalid value '(.*)'\.`},
		{network.CorsErrorAllowOriginMismatch, network.CorsErrorPreflightAllowOriginMismatch, `The 'Access-Control-Allow-Origin' header has a value '(.*)' that is not equal to the supplied origin`},
		{network.CorsErrorInvalidAllowCredentials, network.CorsErrorPreflightInvalidAllowCredentials, `The value of the 'Access-Control-Allow-Credentials' header in the response is '(.*)' which must be 'true'`},
	} {
		add(check.preflight, regexp.QuoteMeta(preflightPrefix)+check.pattern)
		add(check.code, check.pattern)
	}
	add(network.CorsErrorPreflightInvalidStatus, regexp.QuoteMeta(preflightPrefix)+`It does not have HTTP ok status`)
	add(network.CorsErrorPreflightDisallowedRedirect, regexp.QuoteMeta(preflightPrefix)+`Redirect is not allowed for a preflight request`)
	add(network.CorsErrorInvalidAllowMethodsPreflightResponse, `Cannot parse Access-Control-Allow-Methods response header field in preflight response`)
	add(network.CorsErrorInvalidAllowHeadersPreflightResponse, `Cannot parse Access-Control-Allow-Headers response header field in preflight response`)
	add(network.CorsErrorMethodDisallowedByPreflightResponse, `Method (.*) is not allowed by Access-Control-Allow-Methods in preflight response`)
	add(network.CorsErrorHeaderDisallowedByPreflightResponse, `Request header field (.*) is not allowed by Access-Control-Allow-Headers in preflight response`)
	add(network.CorsErrorRedirectContainsCredentials, `Redirect location '(.*)' contains a username and password`)
	add(network.CorsErrorDisallowedByMode, `Request mode is "same-origin" but the URL's origin is not same as the request origin`)
	add(network.CorsErrorCorsDisabledScheme, `URL scheme "(.*)" is not supported`)
	add(network.CorsErrorCorsDisabledScheme, `Cross origin requests are only supported for protocol schemes: `)
	add(network.CorsErrorNoCorsRedirectModeNotFollow, `Request mode is "no-cors" but the redirect mode is not "follow"`)
	return all
}()

// codeOf returns the code and the parameter that a sentence words; both are
// empty for one that isn't known.
func codeOf(text string) (code network.CorsError, parameter string) {
	for _, s := range corsSentences {
		if m := s.pattern.FindStringSubmatch(text); m != nil {
			if len(m) > 1 {
				parameter = m[1]
			}
			return s.code, parameter
		}
	}
	return "", ""
}

// block returns the explanation as the reason of an outcome, or nil if it is a
// network error that names none.
func (x explanation) block() *fetch.Block {
	if x.sentence == "" {
		known, ok := netErrors[x.netError]
		if !ok {
			return nil
		}
		return &fetch.Block{Phase: known.phase, Step: known.step, Detail: known.detail, Sentence: known.sentence, Code: x.netError}
	}
	switch {
	case x.code == codeMixedContent:
		return &fetch.Block{Phase: phaseMainFetch, Step: "7", Detail: "mixed-content", Code: x.code, Sentence: x.sentence}
	case x.sentence == integritySentence:
		// Steps 23.2 and 23.3.1 both end so.
		return &fetch.Block{Phase: phaseMainFetch, Code: codeIntegrity, Sentence: x.sentence}
	}
	code, parameter := codeOf(x.sentence)
	if code == network.CorsErrorCorsDisabledScheme && x.first != x.url {
		return &fetch.Block{
			Phase: phaseRedirectFetch, Step: "6", Detail: "location-scheme", Sentence: x.sentence,
			Code: string(code), Parameter: parameter,
		}
	}
	return blockFor(code, parameter, x.sentence)
}

// blockIn is block for a request's mode: without CORS, a scheme is refused where
// it would be fetched.
func (x explanation) blockIn(mode fetch.Mode) *fetch.Block {
	b := x.block()
	if b != nil && mode == fetch.ModeNoCORS && b.Code == string(network.CorsErrorCorsDisabledScheme) && b.Phase == phaseMainFetch {
		b.Phase, b.Step, b.Detail = phaseSchemeFetch, "4", "scheme"
	}
	return b
}

// consoleLine is an entry of the log for people.
func consoleLine(e *log.Entry) string {
	text := fmt.Sprintf("%s: %s", e.Level, e.Text)
	if e.URL != "" {
		text += " (" + e.URL + ")"
	}
	return text
}

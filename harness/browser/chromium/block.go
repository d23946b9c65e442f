package chromium

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/network"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Anchors of the algorithms that a block is traced to.
const (
	phaseCORSCheck     = "concept-cors-check"
	phasePreflight     = "cors-preflight-fetch-0"
	phaseMainFetch     = "concept-main-fetch"
	phaseSchemeFetch   = "concept-scheme-fetch"
	phaseRedirectFetch = "concept-http-redirect-fetch"
)

// A reason is where in the standard one of Chromium's codes belongs, and how to
// say it. A %q in the sentence takes the code's parameter.
type reason struct{ phase, step, detail, sentence string }

// corsReasons holds the codes that name one branch of the standard, at the
// commit that package fetch pins. A code that is missing here is passed on as
// text; those of Local Network Access are no matter of the CORS protocol.
var corsReasons = func() map[network.CorsError]reason {
	reasons := map[network.CorsError]reason{
		network.CorsErrorPreflightInvalidStatus:      {phasePreflight, "7", fetch.DetailPreflightStatus, "the preflight's status is not an ok status"},
		network.CorsErrorPreflightDisallowedRedirect: {phasePreflight, "7", fetch.DetailPreflightStatus, "the preflight was answered with a redirect"},

		network.CorsErrorInvalidAllowMethodsPreflightResponse: {phasePreflight, "7.3", fetch.DetailPreflightMethodsGrammar, "Access-Control-Allow-Methods can't be parsed: %q"},
		network.CorsErrorInvalidAllowHeadersPreflightResponse: {phasePreflight, "7.3", fetch.DetailPreflightHeadersGrammar, "Access-Control-Allow-Headers can't be parsed: %q"},
		network.CorsErrorMethodDisallowedByPreflightResponse:  {phasePreflight, "7.5", fetch.DetailMethodNotAllowed, "%q is not in Access-Control-Allow-Methods"},
		network.CorsErrorHeaderDisallowedByPreflightResponse:  {phasePreflight, "7.7", fetch.DetailHeaderNotAllowed, "%q is not in Access-Control-Allow-Headers"},

		network.CorsErrorDisallowedByMode:            {phaseMainFetch, "12", "mode-same-origin", "the request's mode is same-origin and its URL is cross-origin"},
		network.CorsErrorCorsDisabledScheme:          {phaseMainFetch, "12", "not-http", "the URL's scheme is not an HTTP(S) scheme"},
		network.CorsErrorNoCorsRedirectModeNotFollow: {phaseMainFetch, "12(4).1", "no-cors-redirect-mode", "the request's mode is no-cors and its redirect mode is not follow"},
		// Steps 9 and 10 both refuse them, for different reasons.
		network.CorsErrorRedirectContainsCredentials: {phaseRedirectFetch, "", "location-credentials", "the redirect's URL includes credentials"},
	}
	// The CORS check has a code of its own for a preflight's response.
	for _, check := range []struct {
		code, preflight network.CorsError
		reason          reason
	}{
		{network.CorsErrorMissingAllowOriginHeader, network.CorsErrorPreflightMissingAllowOriginHeader, reason{phaseCORSCheck, "2", fetch.DetailMissing, "%s has no Access-Control-Allow-Origin"}},
		{network.CorsErrorWildcardOriginNotAllowed, network.CorsErrorPreflightWildcardOriginNotAllowed, reason{phaseCORSCheck, "4", fetch.DetailWildcardWithCredentials, "%s has Access-Control-Allow-Origin: *, and the request's credentials mode is include"}},
		{network.CorsErrorMultipleAllowOriginValues, network.CorsErrorPreflightMultipleAllowOriginValues, reason{phaseCORSCheck, "4", fetch.DetailMultiple, "%s has an Access-Control-Allow-Origin with more than one value: %q"}},
		{network.CorsErrorInvalidAllowOriginValue, network.CorsErrorPreflightInvalidAllowOriginValue, reason{phaseCORSCheck, "4", fetch.DetailInvalid, "%s has an Access-Control-Allow-Origin that is no origin: %q"}},
		{network.CorsErrorAllowOriginMismatch, network.CorsErrorPreflightAllowOriginMismatch, reason{phaseCORSCheck, "4", fetch.DetailMismatch, "%s has Access-Control-Allow-Origin: %q, which is not the request's origin"}},
		{network.CorsErrorInvalidAllowCredentials, network.CorsErrorPreflightInvalidAllowCredentials, reason{phaseCORSCheck, "8", fetch.DetailCredentialsInvalid, "%s has Access-Control-Allow-Credentials: %q, not true, and the request's credentials mode is include"}},
	} {
		for code, whose := range map[network.CorsError]string{check.code: "the response", check.preflight: "the preflight's response"} {
			r := check.reason
			r.sentence = strings.Replace(r.sentence, "%s", whose, 1)
			reasons[code] = r
		}
	}
	return reasons
}()

// netErrors holds the network errors that name one branch of the standard. What
// is missing here, net::ERR_FAILED above all, is passed on as text.
var netErrors = map[string]reason{
	"net::ERR_UNSAFE_PORT":        {"block-bad-port", "2", "bad-port", "the port is a bad port"},
	"net::ERR_TOO_MANY_REDIRECTS": {phaseRedirectFetch, "7", "too-many-redirects", "the redirects are too many"},
}

// blockOf returns why Chromium refused a request, or nil if it didn't: a
// connection that fails is not refused.
func blockOf(failed *network.EventLoadingFailed) *fetch.Block {
	switch {
	case failed == nil:
		return nil
	case failed.CorsErrorStatus != nil:
		status := failed.CorsErrorStatus
		return blockFor(status.CorsError, status.FailedParameter, fmt.Sprintf("%s %q", status.CorsError, status.FailedParameter))
	case failed.BlockedReason != "":
		code := string(failed.BlockedReason)
		return &fetch.Block{Code: code, Sentence: code + ", " + failed.ErrorText}
	}
	return nil
}

// blockFor places a code in the standard. text is Chromium's own sentence, which
// stands where ours isn't known.
func blockFor(code network.CorsError, parameter, text string) *fetch.Block {
	block := &fetch.Block{Code: string(code), Parameter: parameter, Sentence: text}
	known, ok := corsReasons[code]
	if !ok {
		return block
	}
	block.Phase, block.Step, block.Detail, block.Sentence = known.phase, known.step, known.detail, known.sentence
	switch {
	case code == network.CorsErrorHeaderDisallowedByPreflightResponse && isNonWildcardName(parameter):
		// The step before has the CORS non-wildcard request-header names.
		block.Step, block.Detail = "7.6", fetch.DetailAuthorizationNotListed
	case known.detail == fetch.DetailCredentialsInvalid && parameter == "":
		// The header is empty, or there is none: Chromium doesn't tell.
		block.Detail = ""
	}
	if strings.Contains(block.Sentence, "%q") {
		block.Sentence = fmt.Sprintf(block.Sentence, parameter)
	}
	return block
}

// isNonWildcardName is https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func isNonWildcardName(name string) bool { return strings.EqualFold(name, "Authorization") }

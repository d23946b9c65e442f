package browser

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
	phaseRedirectFetch = "concept-http-redirect-fetch"
)

// A reason is where in the standard one of Chromium's codes belongs, and how to
// say it. A %q in the sentence takes the code's parameter.
type reason struct{ phase, step, detail, sentence string }

// corsReasons holds the codes that name one branch of the standard, at the
// commit that package fetch pins. A code that is missing here is passed on as
// text.
var corsReasons = map[network.CorsError]reason{
	network.CorsErrorMissingAllowOriginHeader:  {phaseCORSCheck, "2", "missing", "the response has no Access-Control-Allow-Origin"},
	network.CorsErrorWildcardOriginNotAllowed:  {phaseCORSCheck, "4", "wildcard-with-credentials", "Access-Control-Allow-Origin is * and the request's credentials mode is include"},
	network.CorsErrorMultipleAllowOriginValues: {phaseCORSCheck, "4", "multiple", "Access-Control-Allow-Origin has more than one value: %q"},
	network.CorsErrorInvalidAllowOriginValue:   {phaseCORSCheck, "4", "invalid", "Access-Control-Allow-Origin is not an origin: %q"},
	network.CorsErrorAllowOriginMismatch:       {phaseCORSCheck, "4", "mismatch", "Access-Control-Allow-Origin is %q, which is not the request's origin"},
	network.CorsErrorInvalidAllowCredentials:   {phaseCORSCheck, "8", "credentials-not-true", "Access-Control-Allow-Credentials is %q, not true, and the request's credentials mode is include"},

	network.CorsErrorPreflightMissingAllowOriginHeader:  {phaseCORSCheck, "2", "preflight-missing", "the preflight's response has no Access-Control-Allow-Origin"},
	network.CorsErrorPreflightWildcardOriginNotAllowed:  {phaseCORSCheck, "4", "preflight-wildcard-with-credentials", "the preflight's Access-Control-Allow-Origin is * and the request's credentials mode is include"},
	network.CorsErrorPreflightMultipleAllowOriginValues: {phaseCORSCheck, "4", "preflight-multiple", "the preflight's Access-Control-Allow-Origin has more than one value: %q"},
	network.CorsErrorPreflightInvalidAllowOriginValue:   {phaseCORSCheck, "4", "preflight-invalid", "the preflight's Access-Control-Allow-Origin is not an origin: %q"},
	network.CorsErrorPreflightAllowOriginMismatch:       {phaseCORSCheck, "4", "preflight-mismatch", "the preflight's Access-Control-Allow-Origin is %q, which is not the request's origin"},
	network.CorsErrorPreflightInvalidAllowCredentials:   {phaseCORSCheck, "8", "preflight-credentials-not-true", "the preflight's Access-Control-Allow-Credentials is %q, not true, and the request's credentials mode is include"},

	network.CorsErrorPreflightInvalidStatus:      {phasePreflight, "7", "status-not-ok", "the preflight's status is not an ok status"},
	network.CorsErrorPreflightDisallowedRedirect: {phasePreflight, "7", "redirect", "the preflight was answered with a redirect"},

	network.CorsErrorInvalidAllowMethodsPreflightResponse: {phasePreflight, "7.3", "methods-failure", "Access-Control-Allow-Methods can't be parsed: %q"},
	network.CorsErrorInvalidAllowHeadersPreflightResponse: {phasePreflight, "7.3", "header-names-failure", "Access-Control-Allow-Headers can't be parsed: %q"},
	network.CorsErrorMethodDisallowedByPreflightResponse:  {phasePreflight, "7.5", "method-not-listed", "%q is not in Access-Control-Allow-Methods"},
	network.CorsErrorHeaderDisallowedByPreflightResponse:  {phasePreflight, "7.7", "header-not-listed", "%q is not in Access-Control-Allow-Headers"},

	network.CorsErrorDisallowedByMode:            {phaseMainFetch, "12", "same-origin-mode", "the request's mode is same-origin and its URL is cross-origin"},
	network.CorsErrorCorsDisabledScheme:          {phaseMainFetch, "12", "scheme", "the URL's scheme is not an HTTP(S) scheme"},
	network.CorsErrorNoCorsRedirectModeNotFollow: {phaseMainFetch, "12(4).1", "no-cors-redirect-mode", "the request's mode is no-cors and its redirect mode is not follow"},
	network.CorsErrorRedirectContainsCredentials: {phaseRedirectFetch, "", "credentials-in-url", "the redirect's URL includes credentials"},
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
	if code == network.CorsErrorHeaderDisallowedByPreflightResponse && isNonWildcardName(parameter) {
		// The step before has the CORS non-wildcard request-header names.
		block.Step, block.Detail = "7.6", "non-wildcard-header-not-listed"
	}
	if strings.Contains(block.Sentence, "%q") {
		block.Sentence = fmt.Sprintf(block.Sentence, parameter)
	}
	return block
}

// isNonWildcardName is https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func isNonWildcardName(name string) bool { return strings.EqualFold(name, "Authorization") }

package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// preflightResponse finds responses to preflights after which no browser sends the
// request: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func preflightResponse(_ context.Context, r *request) ([]Problem, error) {
	if !r.asks || r.Response == nil || !r.isCross() || !r.isGoodOrigin() || r.method == "" || r.isRefusal() {
		return nil, nil
	}
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
		if isLong(r.Response.Headers, name) {
			return nil, nil
		}
	}
	asked := fetch.HeaderList{
		{"Origin", r.origin}, {"Access-Control-Request-Method", fetch.NormalizeMethod(r.method)},
		{"Access-Control-Request-Headers", strings.Join(r.names, ",")},
	}
	return r.mistakes("preflight-response-", func(status int, headers fetch.HeaderList) *fetch.Block {
		return fetch.PreflightConsent(asked, r.meantCredentials(), status, headers)
	}), nil
}

// response finds responses that page code cannot read:
// https://fetch.spec.whatwg.org/#concept-cors-check.
func response(_ context.Context, r *request) ([]Problem, error) {
	if r.asks || r.Response == nil || !r.isCross() || !r.isGoodOrigin() || !r.isChecked() || r.isRefusal() {
		return nil, nil
	}
	return r.mistakes("response-", func(_ int, headers fetch.HeaderList) *fetch.Block {
		return fetch.CORSCheck(fetch.Origin(r.origin), r.meantCredentials(), headers)
	}), nil
}

// isGoodOrigin reports whether the Origin header is one with which a response can be
// judged.
func (r *request) isGoodOrigin() bool {
	wrong, _ := originMistake(r)
	return wrong == ""
}

// mistakes judges the response, puts right what was wrong, and judges again, until
// nothing is left. Headers that an expected response does not mention count as right.
func (r *request) mistakes(prefix string, judge func(status int, headers fetch.HeaderList) *fetch.Block) []Problem {
	status, headers := r.Response.Status, slices.Clone(r.Response.Headers)
	if status == 0 {
		status = 204
	}
	if !r.Recorded {
		for _, h := range r.right() {
			if !headers.Contains(h.Name()) {
				headers = append(headers, h)
			}
		}
	}
	var out []Problem
	for range 8 { // there are fewer headers to put right
		b := judge(status, headers)
		if b == nil {
			break
		}
		p := Problem{Rule: prefix + b.Detail, Standard: standard(b.Phase), Step: b.Step}
		p.Wrong, p.Instead = r.mistake(b)
		out = append(out, p)
		if b.Detail == fetch.DetailPreflightStatus {
			status = 204
			continue
		}
		headers = r.mend(headers, b.Detail)
	}
	return out
}

// right are the headers with which a response is accepted.
func (r *request) right() fetch.HeaderList {
	return fetch.HeaderList{
		{"Access-Control-Allow-Origin", r.origin}, {"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Methods", fetch.NormalizeMethod(r.method)}, {"Access-Control-Allow-Headers", strings.Join(r.names, ",")},
	}
}

// mend puts the header that a block is about right.
func (r *request) mend(headers fetch.HeaderList, detail string) fetch.HeaderList {
	name := deciding(detail)
	headers = slices.DeleteFunc(headers, func(h fetch.Header) bool { return strings.EqualFold(h.Name(), name) })
	right, _ := r.right().Get(name)
	return append(headers, fetch.Header{name, right})
}

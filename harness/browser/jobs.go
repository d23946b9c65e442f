package browser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// rounds splits jobs so that no two of a round have one URL: where both sides
// name a request by method, address and target, they must not be the same.
func rounds(jobs []Job) [][]Job {
	var out [][]Job
	next := map[string]int{} // by URL, the first round that hasn't got it
	for _, j := range jobs {
		url := withoutFragment(j.Request.URL)
		at := next[url]
		for at < len(out) && len(out[at]) >= roundLimit {
			at++
		}
		if at == len(out) {
			out = append(out, nil)
		}
		out[at] = append(out[at], j)
		next[url] = at + 1
	}
	return out
}

// check finds what no page could do, before anything is sent.
func (p *chromiumPage) check(jobs []Job) error {
	ids := map[string]bool{}
	var problems []error
	for _, j := range jobs {
		if ids[j.ID] {
			problems = append(problems, fmt.Errorf("job %q: its ID is not unique", j.ID))
		}
		ids[j.ID] = true
		if err := checkRequest(j.Request, p.origin); err != nil {
			problems = append(problems, fmt.Errorf("job %q: %w", j.ID, err))
		}
	}
	return errors.Join(problems...)
}

func checkRequest(r fetch.Request, origin string) error {
	if r.Origin != "" && r.Origin != origin {
		return fmt.Errorf("its origin is %q, the page's %q", r.Origin, origin)
	}
	switch r.API {
	case "", fetch.APIFetch:
		if r.UploadListener {
			return errors.New("fetch() has no upload listener: set API to xhr")
		}
	case fetch.APIXHR:
		switch {
		case r.Mode != "" && r.Mode != fetch.ModeCORS,
			r.Credentials == fetch.CredentialsOmit,
			r.Cache != "" && r.Cache != fetch.CacheDefault,
			r.Redirect != "" && r.Redirect != fetch.RedirectFollow,
			r.ReferrerPolicy != "", r.Integrity != "", r.Keepalive,
			r.Body != nil && r.Body.Kind == fetch.BodyStream:
			return errors.New("XMLHttpRequest has no mode, no credentials mode omit, no cache or redirect mode, no referrer policy, no integrity, no keepalive and no streamed body: set API to fetch")
		}
	default:
		return fmt.Errorf("unknown API %q: use fetch or xhr", r.API)
	}
	if r.Body != nil {
		switch r.Body.Kind {
		case "", fetch.BodyText, fetch.BodyBytes, fetch.BodyBlob, fetch.BodyStream, fetch.BodyURLSearchParams:
		default:
			return fmt.Errorf("unknown body kind %q: use text, bytes, blob, stream or urlsearchparams", r.Body.Kind)
		}
		if _, ok := fetch.IsomorphicEncode(r.Body.Bytes); !ok {
			return errors.New("its body holds a code point above U+00FF: isomorphic decode the bytes")
		}
	}
	for _, h := range r.Headers {
		for _, s := range h {
			if _, ok := fetch.IsomorphicEncode(s); !ok {
				return fmt.Errorf("its header %q holds a code point above U+00FF: isomorphic decode the bytes", h.Name())
			}
		}
	}
	return nil
}

func withoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

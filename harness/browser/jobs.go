package browser

import (
	"errors"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// CheckRequest returns an error if no page at origin can send the request; it says why.
func CheckRequest(r fetch.Request, origin string) error {
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
			r.Referrer != "", r.ReferrerPolicy != "", r.Integrity != "", r.Keepalive,
			r.Body != nil && r.Body.Kind == fetch.BodyStream:
			return errors.New("XMLHttpRequest has no mode, no credentials mode omit, no cache or redirect mode, no referrer, no referrer policy, no integrity, no keepalive and no streamed body: set API to fetch")
		}
	default:
		return fmt.Errorf("unknown API %q: use fetch or xhr", r.API)
	}
	if r.Body != nil {
		switch r.Body.Kind {
		case "", fetch.BodyText, fetch.BodyBytes, fetch.BodyBlob, fetch.BodyStream, fetch.BodyURLSearchParams, fetch.BodyFormData:
		default:
			return fmt.Errorf("unknown body kind %q: use text, bytes, blob, stream, urlsearchparams or formdata", r.Body.Kind)
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

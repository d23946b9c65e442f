package witness

import "github.com/corsproof/corsproof/harness/fetch"

// A Report is what the page script reports about one call.
type Report struct {
	Round int `json:"round"`
	Index int `json:"index"`
	// URL is the call's URL as parsed by the page, without its fragment; empty if it
	// cannot be parsed.
	URL         string      `json:"url"`
	Kind        string      `json:"kind"`
	Error       string      `json:"error"`
	Type        string      `json:"type"`
	Status      int         `json:"status"`
	ResponseURL string      `json:"responseURL"`
	Redirected  bool        `json:"redirected"`
	Headers     [][2]string `json:"headers"`
	// Body is the whole body, or absent; then the next fields describe it.
	Body   *string `json:"body"`
	Digest string  `json:"digest"`
	Length int64   `json:"length"`
	Prefix string  `json:"prefix"`
}

// Payload returns the body that the page read.
func (r *Report) Payload() fetch.Payload {
	if r.Body == nil {
		return fetch.Payload{Digest: "sha256:" + r.Digest, Length: r.Length, Prefix: r.Prefix}
	}
	body, _ := fetch.IsomorphicEncode(*r.Body)
	return fetch.PayloadOf(body)
}

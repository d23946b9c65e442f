package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// preflight says why the browser asks first, or why it doesn't.
func (t *teller) preflight() {
	p := &t.story.Preflight
	i := slices.IndexFunc(t.model.Exchanges, func(x fetch.Exchange) bool { return x.Request.IsPreflight() })
	p.Because = []string{}
	switch {
	case i >= 0:
		p.Needed = true
		p.Because = t.reasons(&t.model.Exchanges[i])
	case t.cfg.Request.Mode == fetch.ModeNoCORS:
		p.Because = append(p.Because, "the request's mode is no-cors")
	case !t.crossOrigin():
		p.Because = append(p.Because, "the page and the URL have the same origin")
	case len(t.model.Exchanges) == 0:
		p.Because = append(p.Because, "nothing is sent at all")
	default:
		p.Because = append(p.Because, fmt.Sprintf("the method %s and all request headers are safelisted", t.model.Exchanges[0].Request.Method))
	}
}

// reasons are what makes a preflight necessary, from what it asks for.
func (t *teller) reasons(x *fetch.Exchange) []string {
	var out []string
	if method, _ := x.Request.Headers.Get("Access-Control-Request-Method"); !fetch.IsSafelistedMethod(method) {
		out = append(out, fmt.Sprintf("the method is %s; only GET, HEAD and POST are safelisted", method))
	}
	for _, name := range x.Request.Headers.Items("Access-Control-Request-Headers") {
		out = append(out, t.unsafeHeader(name))
	}
	if len(out) == 0 {
		out = append(out, "the request has an upload listener or a streamed body")
	}
	return out
}

// unsafeHeader says why a header isn't safelisted.
func (t *teller) unsafeHeader(name string) string {
	value, there := t.cfg.Request.Headers.Get(name)
	if strings.EqualFold(name, "content-type") {
		if !there && t.cfg.Request.Body != nil {
			value = t.cfg.Request.Body.ContentType
		}
		return fmt.Sprintf("Content-Type is %q; only application/x-www-form-urlencoded, multipart/form-data and text/plain are safelisted", value)
	}
	if slices.Contains([]string{"accept", "accept-language", "content-language", "range"}, strings.ToLower(name)) {
		return fmt.Sprintf("the value of the request header %s is not safelisted", name)
	}
	return fmt.Sprintf("the page's code sets the request header %s, which is not safelisted", name)
}

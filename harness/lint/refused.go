package lint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// errSent ends the model where the network begins.
var errSent = errors.New("sent")

// refused finds requests that end before the network: the model makes the request,
// and the step that refuses it decides. For a preflight it makes the request that the
// preflight is for.
func refused(ctx context.Context, r *request) ([]Problem, error) {
	if r.asks && r.method == "" {
		return nil, nil // an empty method would count as GET, see preflightMethod
	}
	if !r.isOfPageCode() {
		return nil, nil
	}
	trace, err := fetch.Predict(ctx, r.asked(), func(context.Context, fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		return fetch.NetworkResponse{}, errSent
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || trace.Outcome.Block == nil || len(trace.Exchanges) > 0 {
		return nil, nil // sent, or nothing that the model knows
	}
	b := trace.Outcome.Block
	p := Problem{Rule: b.Detail, Standard: standard(b.Phase), Step: b.Step}
	p.Wrong, p.Instead = r.refusal(b.Detail)
	return one(p)
}

// isOfPageCode reports whether page code may have made the request, and not the
// browser itself, which may do more: navigate, or load an image over http.
func (r *request) isOfPageCode() bool {
	if r.url == nil || r.Recorded && r.Call.Request.Method == "CONNECT" { // what a proxy recorded
		return false
	}
	destination, _ := r.Call.Sent.Get("Sec-Fetch-Dest")
	return (destination == "" || destination == "empty") && slices.Contains([]string{"", "cors", "no-cors", "same-origin"}, r.mode)
}

// asked is what page code asks for.
func (r *request) asked() fetch.Request {
	out := r.Call.Request
	out.Origin = string(r.pageOrigin())
	if r.asks {
		out.Method, out.Mode, out.Body, out.Headers = r.method, fetch.ModeCORS, nil, nil
		for _, name := range r.names {
			out.Headers = append(out.Headers, fetch.Header{name, "1"})
		}
	}
	if out.Body != nil && out.Body.Bytes == "" {
		out.Body = nil // some tools write an empty body for none
	}
	if r.url.IncludesCredentials() {
		// fetch() refuses them, XMLHttpRequest does not.
		out.URL = string(r.url.Origin()) + r.url.Path
	}
	return out
}

// pageOrigin is the page's as far as the model knows such pages, else that of the URL.
// A recorded Referer may be that of a navigation, for which mixed content is another
// thing.
func (r *request) pageOrigin() fetch.Origin {
	origin := r.Call.Origin
	if r.Recorded {
		origin = r.origin
	}
	if o, err := fetch.ParseOrigin(origin); err == nil {
		return o
	}
	return r.url.Origin()
}

// refusal words what was refused, and what to write.
func (r *request) refusal(detail string) (wrong, instead string) {
	switch detail {
	case "forbidden-method":
		return fmt.Sprintf("no browser sends the method %s for a page", r.method), "use a method that page code can send, or keep the test for clients that are no browsers"
	case "invalid-method":
		return "Access-Control-Request-Method is not one method", "write the one method of the request that the preflight is for"
	case "body-not-allowed":
		return fmt.Sprintf("no browser sends a body with %s", r.method), "leave the body out, or use a method such as POST"
	case "mixed-content":
		return fmt.Sprintf("a page of %s cannot call an http URL: it is mixed content", r.pageOrigin()), "write https:// in the URL, or an http origin in Origin"
	case "bad-port":
		return fmt.Sprintf("no browser calls port %s", r.url.Port), "use another port"
	case "mode-same-origin":
		return "Sec-Fetch-Mode is same-origin, and the URL is of another origin than the page", "write Sec-Fetch-Mode: cors"
	case "no-cors-method":
		return fmt.Sprintf("Sec-Fetch-Mode is no-cors, which excludes the method %s", r.method), "write Sec-Fetch-Mode: cors"
	}
	return "a browser refuses this request before it sends anything (" + strings.ReplaceAll(detail, "-", " ") + ")", "write a request that page code can make"
}

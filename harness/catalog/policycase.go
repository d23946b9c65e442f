package catalog

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strconv"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A PolicyCase is a case that follows from a policy. It says which requests are sent and
// what the upstream behind the target does. [PolicyCase.Expect] derives the expected
// result from the responses that the policy requires, never from a run. A PolicyCase is
// read-only and safe for concurrent use.
type PolicyCase struct {
	// ID is built from names: it does not change when routes, origins or anything else is
	// added to the policy.
	ID string
	// Probe is what the case varies. Code decides by the probe, never by the ID.
	Probe Probe
	// Why says what is wrong if the case fails.
	Why string
	// Rule is the one allow or deny that the case tests.
	Rule policy.Rule
	// Decision is the same for cases that differ only in the name or origin that they
	// try: a check that cannot run all cases runs one of each decision.
	Decision string
	// Signature is the same for cases that send the same requests while the upstream
	// responds the same: they test different rules, but their requests are sent only
	// once.
	Signature string
	// Route is the name of the route, empty if no route has the path. Owner is the
	// responsible person or team.
	Route, Owner string
	// Drivers are the drivers that can run the case. Only the direct client can send what
	// no browser sends, and only the model can run what needs a controlled clock.
	Drivers []Driver
	Page    Page
	// Noted says that no browser sends the requests of the case, and that other clients
	// gain nothing from the response. A violation is then a note, not a finding.
	Noted bool
	// Supposed says that the case assumes an application behind the target that sends
	// CORS headers, which the policy does not say (see [policy.Upstream]). A violation is
	// then a note.
	Supposed bool
	// Protocol is the protocol that the target has to support; empty for any.
	Protocol Protocol
	// Disturbs says that the target may respond differently to others for a while, since
	// it counts requests or failures. Such cases run last and alone.
	Disturbs bool
	// Jar is the cookie for the target that pages have before the first request, as in
	// "sid=1"; empty for none. Its value may be [SecretPlaceholder].
	Jar   string
	Steps []PolicyStep

	view *policy.View
	base fetch.Origin
}

// A Protocol is a version of HTTP, as in an exchange.
type Protocol string

const (
	HTTP1 Protocol = "HTTP/1.1"
	HTTP2 Protocol = "HTTP/2"
)

// A PolicyStep is one request of a case.
type PolicyStep struct {
	// After is the number of seconds that pass before the request.
	After   int
	Request Request
	// Auth says which secret replaces [SecretPlaceholder]; nil if the request needs none.
	Auth *policy.Auth
	// Repeat is how often the request is sent; 0 means once. The last one is judged.
	Repeat int
	// Upstream are the upstream's responses, one after another; the last one is repeated.
	// Empty means [DefaultAnswer].
	Upstream []UpstreamAnswer
	// Reads are names of response headers; the case judges whether the page can read
	// them.
	Reads []string
	// OnlyIf are the statuses for which the expectation applies. With any other status
	// the target did not produce the tested situation, and the case counts as not run.
	// Empty means any status.
	OnlyIf []int
	// Denied says that nothing of the response may be readable. Then a response that no
	// page can read is correct also with a status that is not in OnlyIf, and so is a 404,
	// readable or not, since there is nothing to protect.
	Denied bool
}

// SecretPlaceholder is the placeholder, in a request's headers or in a case's jar, for
// the secret that PolicyStep.Auth names.
const SecretPlaceholder = "${secret}"

// An Act is what an upstream does with a request.
type Act string

const (
	ActAnswers Act = ""        // it responds
	ActRefuses Act = "refuses" // nothing listens on its address
	ActResets  Act = "resets"  // it accepts the request and closes the connection
	ActHangs   Act = "hangs"   // it accepts the request and never responds
	ActUnasked Act = "unasked" // the gateway should respond itself; if it does not, the upstream responds
)

// An UpstreamAnswer is what the scripted upstream does with one request.
type UpstreamAnswer struct {
	Act     Act
	Status  int
	Headers []HeaderLine
	Body    string
}

// DefaultAnswer is the upstream's response unless a step says otherwise: without an
// Access-Control header, and not cacheable.
var DefaultAnswer = UpstreamAnswer{
	Status: 200, Headers: []HeaderLine{"Content-Type: text/plain", "Cache-Control: no-store"}, Body: "corsproof",
}

// Elsewhere is the origin of a server of the harness beside the target. It responds to
// every request with status 200 and Access-Control-Allow-Origin: *.
const Elsewhere fetch.Origin = "https://elsewhere.corsproof.test"

// signature digests what is asked and what the upstream answers.
func (c *PolicyCase) signature() string {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%q %q %q %q", c.Protocol, c.Page.Site, c.Drivers, c.Jar)
	for _, s := range c.Steps {
		auth := ""
		if s.Auth != nil {
			auth = s.Auth.At.String()
		}
		body := Body{}
		if s.Request.Body != nil {
			body = *s.Request.Body
		}
		s.Request.Body, s.Auth = nil, nil
		fmt.Fprintf(hash, "%q %v %+v", auth, body, s)
	}
	return strconv.FormatUint(hash.Sum64(), 36)
}

// NeedsUpstream reports whether the case needs a scripted upstream, so that it cannot run
// against a target that runs already.
func (c *PolicyCase) NeedsUpstream() bool {
	return slices.ContainsFunc(c.Steps, func(s PolicyStep) bool { return len(s.Upstream) > 0 })
}

// HangsOnUpstream reports whether the case tests the handling of a particular upstream
// response. If the target then responds without contacting its upstream, the case shows
// nothing.
func (c *PolicyCase) HangsOnUpstream() bool {
	return slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		return slices.ContainsFunc(s.Upstream, func(u UpstreamAnswer) bool { return u.Act == ActAnswers && !reflect.DeepEqual(u, DefaultAnswer) })
	})
}

// Harmless reports whether the requests of the case cannot change anything at a target,
// nor keep it from serving others: their methods are safe (RFC 9110, section 9.2.1), even
// if the preflight allows more by mistake.
func (c *PolicyCase) Harmless() bool {
	return !c.Disturbs && !slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		return !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, s.Request.Method)
	})
}

// Wire reports whether only the direct client can run the case: its requests are sent as
// written, and the case judges whether the responses consent.
func (c *PolicyCase) Wire() bool { return slices.Equal(c.Drivers, []Driver{DriverDirect}) }

// pageSends reports whether page code can make every request of the case, and
// the model can tell that it can.
func (c *PolicyCase) pageSends() bool {
	return !slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		origin, err := fetch.ParseOrigin(s.Request.Origin)
		page := origin
		if origin.IsOpaque() {
			page = OpaquePrecursor // which counts in browsers
		}
		if u, urlErr := fetch.ParseURL(s.Request.URL, nil); urlErr == nil && fetch.IsMixedContent(page, u) {
			return true // nothing would be sent, whatever the target says
		}
		return err != nil || slices.ContainsFunc(s.Request.Headers, func(l HeaderLine) bool {
			h := l.Header()
			return fetch.IsForbiddenRequestHeader(h.Name(), h.Value())
		})
	})
}

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

// A PolicyCase is a case that follows from a policy. It says what is asked and
// what the upstream behind the target does. What must come of it,
// [PolicyCase.Expect] derives from the answers that the policy calls for, never
// from a run. It is read-only and safe for concurrent use.
type PolicyCase struct {
	// ID is built from what varies, by name: it stays when routes, origins and
	// anything else are added to the policy.
	ID string
	// Probe is what the case varies. The probe says what the case shows, never ID.
	Probe Probe
	// Why says what would be wrong if the case failed.
	Why string
	// Rule is the one allow or deny that the case tests.
	Rule policy.Rule
	// Decision is the same for cases that differ only in which of several names
	// or origins they try: who can't run all runs one of each.
	Decision string
	// Signature is the same for cases that make the same requests while the
	// upstream answers the same: they test different rules by them, and need
	// them made but once.
	Signature string
	// Route is the name of the route, empty if the path is none's; Owner is who
	// is to be told.
	Route, Owner string
	// Drivers can run the case. What no browser can send is for the direct
	// client alone; what only a free clock can show, for the model alone.
	Drivers []Driver
	Page    Page
	// Noted: no browser sends what the case sends, and whoever else does gains
	// nothing by the answer. A target that doesn't do as the policy says here is worth
	// a note, and in order.
	Noted bool
	// Supposed: the case supposes that the application behind the target speaks CORS,
	// which nobody said (see [policy.Upstream]). What comes out wrong then is worth a note.
	Supposed bool
	// Protocol is what has to be spoken with the target; empty for any.
	Protocol Protocol
	// Disturbs: the target may answer others differently for a while afterwards,
	// since it counts requests or failures; such cases come last, by themselves.
	Disturbs bool
	// Jar is the cookie that pages have from the target before the first request, as
	// in "sid=1"; empty for none. Its value may be [SecretPlaceholder].
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
	// After is how many seconds pass before the request.
	After   int
	Request Request
	// Auth says whose secret stands where [SecretPlaceholder] is; nil if the request
	// needs none.
	Auth *policy.Auth
	// Repeat is how often the request is made; 0 means once. Judged is the last.
	Repeat int
	// Upstream is what the upstream answers, one after another, the last again
	// and again; empty means [DefaultAnswer].
	Upstream []UpstreamAnswer
	// Reads are names of response headers; whether the page can read them is
	// judged.
	Reads []string
	// OnlyIf are the statuses with which the expectation holds; with any other
	// the target didn't do what was to be provoked, and the case is not run.
	// Empty means whatever the status is.
	OnlyIf []int
	// Denied: nothing that the request asks for may be read. An answer that no page
	// can read is then right with any other status than OnlyIf's, too, and a 404
	// whoever can read it: there is nothing behind it.
	Denied bool
}

// SecretPlaceholder stands in a request's headers, or in a case's jar, where the
// secret goes that PolicyStep.Auth says.
const SecretPlaceholder = "${secret}"

// An Act is what an upstream does with a request.
type Act string

const (
	ActAnswers Act = ""        // it answers
	ActRefuses Act = "refuses" // nothing listens on its address
	ActResets  Act = "resets"  // it takes the request and closes the connection
	ActHangs   Act = "hangs"   // it takes the request and never answers
	ActUnasked Act = "unasked" // the gateway is to answer by itself; asked, the upstream answers
)

// An UpstreamAnswer is what the scripted upstream does with one request.
type UpstreamAnswer struct {
	Act     Act
	Status  int
	Headers []HeaderLine
	Body    string
}

// DefaultAnswer is what the upstream answers unless a step says otherwise: no
// Access-Control header of its own, and nothing that a cache may keep.
var DefaultAnswer = UpstreamAnswer{
	Status: 200, Headers: []HeaderLine{"Content-Type: text/plain", "Cache-Control: no-store"}, Body: "corsproof",
}

// Elsewhere is an origin of ours beside the target. It answers every request
// with status 200 and Access-Control-Allow-Origin: *.
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

// NeedsUpstream reports whether the case needs an upstream that does as it is
// told, so that it can't be run against a target that runs already.
func (c *PolicyCase) NeedsUpstream() bool {
	return slices.ContainsFunc(c.Steps, func(s PolicyStep) bool { return len(s.Upstream) > 0 })
}

// HangsOnUpstream reports whether what the case shows hangs on what the upstream does: on
// an answer that isn't the default one. One that the target gives without asking its
// upstream then shows nothing.
func (c *PolicyCase) HangsOnUpstream() bool {
	return slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		return slices.ContainsFunc(s.Upstream, func(u UpstreamAnswer) bool { return u.Act == ActAnswers && !reflect.DeepEqual(u, DefaultAnswer) })
	})
}

// Harmless reports whether the case asks nothing of a target that could change
// something there, or keep it from serving others: its methods are safe (RFC
// 9110, section 9.2.1), even if the preflight lets them through by mistake.
func (c *PolicyCase) Harmless() bool {
	return !c.Disturbs && !slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		return !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, s.Request.Method)
	})
}

// Wire reports whether the case is for the direct client alone: its requests go
// out as they are written, and what is judged is whether the answers consent.
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

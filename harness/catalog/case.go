package catalog

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// DefaultPage is the page origin of a case that names none.
const DefaultPage = "https://app.test"

// OpaquePrecursor is the origin that a page with an opaque origin is loaded from.
const OpaquePrecursor = "https://opaque.test"

// A File is a case file.
type File struct {
	// Section is the anchor of the standard's section that the cases are about.
	Section string `yaml:"section"`
	Cases   []Case `yaml:"cases"`
}

// A Case is a sequence of requests that share cookie jar, preflight cache and
// HTTP cache. Most have one, written in the case itself.
type Case struct {
	// ID is "area/what-varies". A case with a table is one case for each row,
	// whose name is appended after a slash.
	ID string `yaml:"id"`
	// Why says what would be wrong if the case failed.
	Why string `yaml:"why"`
	// Drivers can run the case; empty means all three.
	Drivers []Driver `yaml:"drivers"`
	// Because says why the other drivers can't; it stands beside drivers alone.
	Because string `yaml:"because"`
	// Table has a row for each case that this one stands for: ${name} anywhere
	// in the case is what the row says. An item of a list that is nothing but
	// ${name} becomes as many items as the row lists, or none.
	Table []map[string][]string `yaml:"table"`
	// Page is the page that asks.
	Page Page `yaml:"page"`
	// Profiles lists, by profile, the rule because of which that profile's user
	// agent doesn't meet the expectation; an empty one is none.
	Profiles map[string]string `yaml:"profiles"`

	Step `yaml:",inline"`
	// Steps are the requests of a sequence; then the case has no request of its
	// own.
	Steps []Step `yaml:"steps"`

	// Position is where the case begins, "file:line:column".
	Position string `yaml:"-"`
	// Builtin: the case is part of the program.
	Builtin bool `yaml:"-"`
}

// A Step is one request of a case.
type Step struct {
	// After is how many seconds the clock moves before the request.
	After int `yaml:"after"`
	// CookiesDisabled: the user has switched cookies off, for this request. Such
	// a case is the model's.
	CookiesDisabled bool `yaml:"cookies-disabled"`

	Request Request  `yaml:"request"`
	Server  []Answer `yaml:"server"`
	Expect  *Expect  `yaml:"expect"`
}

// A Page is the page that asks, beyond its origin.
type Page struct {
	// Origin is https://app.test if empty; "null" for an opaque one.
	Origin string `yaml:"origin"`
	// Site is the top-level site, if not the page's own origin.
	Site string `yaml:"site"`
	// Registrable lists domains that are registrable, so that hosts below one
	// of them are the same site.
	Registrable []string `yaml:"registrable"`
	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy.
	EmbedderPolicy fetch.EmbedderPolicy `yaml:"embedder-policy"`
	// HTTP2 lists the origins that speak HTTP/2.
	HTTP2 []string `yaml:"http2"`

	// The rest is what the page's user agent is like, and goes to
	// [fetch.Environment] as it is. A case with one of these is the model's.
	// URL is the page's own, from which Referer is made; if empty, it is that of
	// the frame in which a browser runs the case.
	URL               string `yaml:"url"`
	ReferrerPolicy    string `yaml:"referrer-policy"`
	AcceptLanguage    string `yaml:"accept-language"`
	UserAgent         string `yaml:"user-agent"`
	Worker            bool   `yaml:"worker"`
	PromptsCancelled  bool   `yaml:"prompts-cancelled"`
	Offline           bool   `yaml:"offline"`
	CrossSiteAncestor bool   `yaml:"cross-site-ancestor"`
	// Blobs are what the page made blob: URLs of.
	Blobs []Blob `yaml:"blobs"`
}

// A Blob is the object behind a blob: URL.
type Blob struct {
	URL  string `yaml:"url"`
	Type string `yaml:"type"`
	Text string `yaml:"text"`
}

// A Request is what the page's code asks for; see [fetch.Request].
type Request struct {
	// Origin replaces the page's for this request.
	Origin      string                `yaml:"origin"`
	API         fetch.API             `yaml:"api"`
	Method      string                `yaml:"method"`
	URL         string                `yaml:"url"`
	Headers     []HeaderLine          `yaml:"headers"`
	Body        *Body                 `yaml:"body"`
	Mode        fetch.Mode            `yaml:"mode"`
	Credentials fetch.CredentialsMode `yaml:"credentials"`
	Cache       fetch.CacheMode       `yaml:"cache"`
	Redirect    fetch.RedirectMode    `yaml:"redirect"`
	// Referrer is "no-referrer", "about:client" or a URL.
	Referrer       string `yaml:"referrer"`
	ReferrerPolicy string `yaml:"referrer-policy"`
	Integrity      string `yaml:"integrity"`
	Keepalive      bool   `yaml:"keepalive"`
	UploadListener bool   `yaml:"upload-listener"`
}

// A Body is what the page's code passes as the body.
type Body struct {
	Kind fetch.BodyKind `yaml:"kind"`
	// Type is a Blob's own.
	Type string `yaml:"type"`
	// Text is the body. Of a FormData or URLSearchParams it has the entries, as
	// in "a=1&b=2".
	Text string `yaml:"text"`
	// Fill makes the body so many bytes long, instead of Text.
	Fill     int  `yaml:"fill"`
	NoDuplex bool `yaml:"no-duplex"`
}

// A HeaderLine is "Name: value" as it stands on the wire. In what a request
// asks for, the value is the text after the colon and one space.
type HeaderLine string

// Header splits the line. A recipient doesn't see the whitespace around the
// value.
func (l HeaderLine) Header() fetch.Header {
	name, value, _ := strings.Cut(string(l), ":")
	return fetch.Header{name, strings.Trim(value, "\t ")}
}

// An Answer is what a server says.
type Answer struct {
	// To is "METHOD URL", or a URL alone for every method that isn't listed.
	// Several answers to the same come one after another, the last again and
	// again.
	To      string       `yaml:"to"`
	Status  int          `yaml:"status"`
	Headers []HeaderLine `yaml:"headers"`
	Body    string       `yaml:"body"`
	// Fails says how the exchange breaks, instead of a status.
	Fails Failure `yaml:"fails"`
	// Reused is how many requests that get this answer come on a connection that was
	// open already. It is the model's to know; in a browser it comes as it
	// comes, see [Case.Reusing].
	Reused int `yaml:"reused"`
}

// A Failure is how an exchange breaks.
type Failure string

const (
	FailureReset   Failure = "connection reset"
	FailureClosed  Failure = "connection closed"
	FailureGarbage Failure = "garbage"   // no HTTP response
	FailureSilent  Failure = "no answer" // for ever
)

// An Expect is what must come of a request. Outcome and exchanges are always
// stated, a type with a response, phase and step with any other. What isn't
// stated beyond that isn't judged.
type Expect struct {
	Outcome fetch.OutcomeKind  `yaml:"outcome"`
	Type    fetch.ResponseType `yaml:"type"`
	Status  int                `yaml:"status"`
	// Phase is where a request that is blocked ends: the anchor of an algorithm.
	// Step is the number of its step, Detail the branch. [PhaseAny] stands alone:
	// the request is blocked, whichever step does it. PHASES.md lists them all.
	Phase  string `yaml:"phase"`
	Step   string `yaml:"step"`
	Detail string `yaml:"detail"`
	// URL is the response's, without fragment, as page code reads it.
	URL string `yaml:"url"`
	// Readable and Unreadable are header names.
	Readable   []string `yaml:"readable"`
	Unreadable []string `yaml:"unreadable"`
	// Headers are readable headers with their values, as page code gets them: the
	// values of lines with the same name joined by ", ".
	Headers []HeaderLine `yaml:"headers"`
	// Exchanges are all requests that arrive anywhere, in order.
	Exchanges []Exchange `yaml:"exchanges"`
	// NoExchanges says that nothing is sent; it stands instead of an empty list,
	// which could be a slip.
	NoExchanges bool `yaml:"no-exchanges"`
}

// PhaseAny is the phase of a request that is blocked, whichever step does it.
const PhaseAny = "any"

// An Exchange is one request that must arrive.
type Exchange struct {
	// Send is "METHOD URL".
	Send string `yaml:"send"`
	// Origin is the Origin header's value, "-" for none; always stated.
	Origin string `yaml:"origin"`
	// Asks is, for a preflight, its Access-Control-Request-Method; For its
	// Access-Control-Request-Headers, "-" for none.
	Asks string `yaml:"asks"`
	For  string `yaml:"for"`
	// Referer is the Referer header's value, "-" for none.
	Referer string `yaml:"referer"`
	// Has lists header lines that the request must have, Lacks names, or whole
	// lines, that it must not. A secret, such as what follows the scheme in
	// Authorization, is written in full and judged by its length, for no trace
	// holds it. A multipart/form-data type with the boundary "*" stands for
	// whichever boundary the sender chose.
	Has   []HeaderLine `yaml:"has"`
	Lacks []string     `yaml:"lacks"`
	// Cookies are the names of the cookies that go, in order, "-" for none.
	Cookies []string `yaml:"cookies"`
}

// A Driver is something that can run a case.
type Driver string

const (
	DriverBrowser Driver = "browser"
	DriverDirect  Driver = "direct"
	DriverModel   Driver = "model"
)

// DrivenBy reports whether the driver can run the case.
func (c *Case) DrivenBy(d Driver) bool {
	return len(c.Drivers) == 0 || slices.Contains(c.Drivers, d)
}

// AllSteps returns the case's requests, one if it is no sequence.
func (c *Case) AllSteps() []Step {
	if len(c.Steps) > 0 {
		return c.Steps
	}
	return []Step{c.Step}
}

// Expectations returns the expectation of each request, in order.
func (c *Case) Expectations() []*Expect {
	var out []*Expect
	for _, s := range c.AllSteps() {
		out = append(out, s.Expect)
	}
	return out
}

package catalog

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// DefaultPage is the page origin of a case without one.
const DefaultPage = "https://app.test"

// OpaquePrecursor is the origin from which a page with an opaque origin is loaded.
const OpaquePrecursor = "https://opaque.test"

// A File is a case file.
type File struct {
	// Section is the anchor of the section of the standard that the cases test.
	Section string `yaml:"section"`
	Cases   []Case `yaml:"cases"`
}

// A Case is a sequence of requests that share a cookie jar, a preflight cache and an HTTP
// cache. Most cases have a single request, written in the case itself.
type Case struct {
	// ID is "area/what-varies". A case with a table becomes one case for each row; the
	// row's name is appended to the ID after a slash.
	ID string `yaml:"id"`
	// Why says what is wrong if the case fails.
	Why string `yaml:"why"`
	// Drivers are the drivers that can run the case; empty means all three.
	Drivers []Driver `yaml:"drivers"`
	// Because says why the other drivers cannot run it; it is set only together with
	// Drivers.
	Because string `yaml:"because"`
	// Table has a row for each case that this one stands for. ${name} anywhere in the
	// case is replaced by the row's value. A list item that consists only of ${name}
	// becomes as many items as the row lists, or none.
	Table []map[string][]string `yaml:"table"`
	// Page is the page that sends the requests.
	Page Page `yaml:"page"`
	// Profiles lists, by profile, the rule by which the profile's user agent does not
	// meet the expectation; an empty rule is ignored.
	Profiles map[string]string `yaml:"profiles"`

	Step `yaml:",inline"`
	// Steps are the requests of a sequence; then the case has no request of its own.
	Steps []Step `yaml:"steps"`

	// Position is the position of the case, "file:line:column".
	Position string `yaml:"-"`
	// Builtin says that the case is part of the program.
	Builtin bool `yaml:"-"`
}

// A Step is one request of a case.
type Step struct {
	// After is the number of seconds that pass before the request.
	After int `yaml:"after"`
	// CookiesDisabled says that the user has disabled cookies for this request. Only the
	// model can run such a case.
	CookiesDisabled bool `yaml:"cookies-disabled"`

	Request Request  `yaml:"request"`
	Server  []Answer `yaml:"server"`
	Expect  *Expect  `yaml:"expect"`
}

// A Page is the page that sends the requests, with more than its origin.
type Page struct {
	// Origin is the page's origin; empty means https://app.test, "null" an opaque one.
	Origin string `yaml:"origin"`
	// Site is the top-level site, if it is not the page's own origin.
	Site string `yaml:"site"`
	// Registrable lists registrable domains, so that hosts below one of them are same
	// site.
	Registrable []string `yaml:"registrable"`
	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy.
	EmbedderPolicy fetch.EmbedderPolicy `yaml:"embedder-policy"`
	// HTTP2 lists the origins that speak HTTP/2.
	HTTP2 []string `yaml:"http2"`

	// The remaining fields describe the page's user agent, and are copied to
	// [fetch.Environment]. Only the model can run a case with one of them. URL is the
	// page's URL, from which Referer is made; if empty, it is the URL of the frame in
	// which a browser runs the case.
	URL               string `yaml:"url"`
	ReferrerPolicy    string `yaml:"referrer-policy"`
	AcceptLanguage    string `yaml:"accept-language"`
	UserAgent         string `yaml:"user-agent"`
	Worker            bool   `yaml:"worker"`
	PromptsCancelled  bool   `yaml:"prompts-cancelled"`
	Offline           bool   `yaml:"offline"`
	CrossSiteAncestor bool   `yaml:"cross-site-ancestor"`
	// Blobs are the objects for which the page created blob: URLs.
	Blobs []Blob `yaml:"blobs"`
}

// A Blob is the object behind a blob: URL.
type Blob struct {
	URL  string `yaml:"url"`
	Type string `yaml:"type"`
	Text string `yaml:"text"`
}

// A Request is the request of the page's code; see [fetch.Request].
type Request struct {
	// Origin replaces the page's origin for this request.
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

// A Body is the body that the page's code passes.
type Body struct {
	Kind fetch.BodyKind `yaml:"kind"`
	// Type is the type of a Blob.
	Type string `yaml:"type"`
	// Text is the body. For a FormData or URLSearchParams it has the entries, as in
	// "a=1&b=2".
	Text string `yaml:"text"`
	// Fill is the length of a generated body in bytes, instead of Text.
	Fill     int  `yaml:"fill"`
	NoDuplex bool `yaml:"no-duplex"`
}

// A HeaderLine is "Name: value" as on the wire. In a request, the value is the text after
// the colon and one space.
type HeaderLine string

// Header splits the line, without the whitespace around the value that a recipient
// ignores.
func (l HeaderLine) Header() fetch.Header {
	name, value, _ := strings.Cut(string(l), ":")
	return fetch.Header{name, strings.Trim(value, "\t ")}
}

// An Answer is a scripted response of a server.
type Answer struct {
	// To is "METHOD URL", or a URL alone for every method that is not listed. Several
	// answers to the same are used one after another; the last one is repeated.
	To      string       `yaml:"to"`
	Status  int          `yaml:"status"`
	Headers []HeaderLine `yaml:"headers"`
	Body    string       `yaml:"body"`
	// Fails says how the exchange fails, instead of a status.
	Fails Failure `yaml:"fails"`
	// Reused is the number of requests with this answer that come on a connection that
	// was open already. Only the model uses it; in a browser it cannot be controlled, see
	// [Case.Reusing].
	Reused int `yaml:"reused"`
}

// A Failure is a way in which an exchange fails.
type Failure string

const (
	FailureReset   Failure = "connection reset"
	FailureClosed  Failure = "connection closed"
	FailureGarbage Failure = "garbage"   // not an HTTP response
	FailureSilent  Failure = "no answer" // never a response
)

// An Expect is the expected result of a request. Outcome and exchanges are always set,
// Type with a response, Phase and Step with any other outcome. Other fields are judged
// only if they are set.
type Expect struct {
	Outcome fetch.OutcomeKind  `yaml:"outcome"`
	Type    fetch.ResponseType `yaml:"type"`
	Status  int                `yaml:"status"`
	// Phase is the anchor of the algorithm that blocks the request, Step the number of
	// its step, Detail the branch. [PhaseAny] stands alone: the request is blocked by any
	// step. PHASES.md lists them all.
	Phase  string `yaml:"phase"`
	Step   string `yaml:"step"`
	Detail string `yaml:"detail"`
	// URL is the URL of the response without fragment, as page code reads it.
	URL string `yaml:"url"`
	// Readable and Unreadable are header names.
	Readable   []string `yaml:"readable"`
	Unreadable []string `yaml:"unreadable"`
	// Headers are readable headers with their values as page code gets them: values of
	// lines with the same name are joined by ", ".
	Headers []HeaderLine `yaml:"headers"`
	// Exchanges are all requests that arrive at any server, in order.
	Exchanges []Exchange `yaml:"exchanges"`
	// NoExchanges says that nothing is sent. It is required instead of an empty list,
	// which could be a mistake.
	NoExchanges bool `yaml:"no-exchanges"`
}

// PhaseAny is the phase of a request that is blocked by any step.
const PhaseAny = "any"

// An Exchange is one request that must arrive at a server.
type Exchange struct {
	// Send is "METHOD URL".
	Send string `yaml:"send"`
	// Origin is the value of the Origin header, "-" for none; it is always set.
	Origin string `yaml:"origin"`
	// Asks is the Access-Control-Request-Method of a preflight; For is its
	// Access-Control-Request-Headers, "-" for none.
	Asks string `yaml:"asks"`
	For  string `yaml:"for"`
	// Referer is the value of the Referer header, "-" for none.
	Referer string `yaml:"referer"`
	// Has lists header lines that the request must have; Lacks lists names or whole lines
	// that it must not have. A secret, such as what follows the scheme in Authorization,
	// is written in full but judged by its length, since traces contain no secrets. A
	// multipart/form-data type with the boundary "*" matches any boundary.
	Has   []HeaderLine `yaml:"has"`
	Lacks []string     `yaml:"lacks"`
	// Cookies are the names of the cookies that are sent, in order, "-" for none.
	Cookies []string `yaml:"cookies"`
}

// A Driver runs cases.
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

// AllSteps returns the requests of the case; one if it is not a sequence.
func (c *Case) AllSteps() []Step {
	if len(c.Steps) > 0 {
		return c.Steps
	}
	return []Step{c.Step}
}

// Expectations returns the expectations of the requests, in order.
func (c *Case) Expectations() []*Expect {
	var out []*Expect
	for _, s := range c.AllSteps() {
		out = append(out, s.Expect)
	}
	return out
}

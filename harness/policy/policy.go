package policy

import "github.com/corsproof/corsproof/harness/strict"

// A Position is where something stands in a policy file.
type Position = strict.Position

// An Error is one mistake in a policy file.
type Error = strict.Error

// A Policy is a policy file as it was written, and checked. It is read-only
// once [Parse] returned it, and safe for concurrent use.
type Policy struct {
	// File is the file's name as it was given.
	File string `yaml:"-"`

	Targets  []Target `yaml:"targets" doc:"Who answers, by name: a gateway's own config, or a URL."`
	Origins  []Group  `yaml:"origins" doc:"Origins of pages, in named groups."`
	Defaults Settings `yaml:"defaults" doc:"What every route says that doesn't say it itself."`
	Routes   []Route  `yaml:"routes" doc:"What is answered, path by path. What no route matches is for no other origin."`

	// Unlisted says what paths that no route matches are; empty means denied.
	Unlisted Text `yaml:"unlisted" doc:"Paths that no route matches: denied (the default) to every origin, whether or not pages can read the gateway's 404; not-found, denied but for a 404 that the defaults make readable; or unjudged."`

	// AcceptedRisks are concerns of the lint that somebody has accepted.
	AcceptedRisks []AcceptedRisk `yaml:"accepted_risks" doc:"Ids of the lint that are accepted here, each with the reason."`
}

// A Text is a word of the policy with its place.
type Text struct {
	Text string   `yaml:",value"`
	At   Position `yaml:",position"`
}

// A Number is a number of the policy with its place.
type Number struct {
	Number int      `yaml:",value"`
	At     Position `yaml:",position"`
}

// A Switch is true or false with its place.
type Switch struct {
	On bool     `yaml:",value"`
	At Position `yaml:",position"`
}

// A List is a list of words. Its own place is that of the whole list, which is
// what says that a word outside it is denied.
type List struct {
	Items []Text   `yaml:",value"`
	At    Position `yaml:",position"`
}

// Numbers is a list of numbers.
type Numbers struct {
	Items []Number `yaml:",value"`
	At    Position `yaml:",position"`
}

// A Target is who answers: a gateway that is started with its own config, or
// one that runs already.
type Target struct {
	Name string   `yaml:",key"`
	At   Position `yaml:",position"`

	// Gateway is the kind of gateway whose config File is. File is relative to
	// the policy's folder.
	Gateway Text `yaml:"gateway" doc:"The kind of gateway, as in nginx."`
	File    Text `yaml:"file" doc:"The gateway's own config, relative to this file."`

	// URL is where pages call it, an origin without a path. It says which of a gateway's
	// servers is meant, too.
	URL Text `yaml:"url" doc:"The origin that pages call, as in https://api.example.com."`
}

// A Group is origins under one name.
type Group struct {
	Name string   `yaml:",key"`
	At   Position `yaml:",position"`

	Allow []Entry `yaml:"allow,short" doc:"Origins whose pages may read."`
	// Deny wins over every group's Allow on the routes that name this group.
	Deny []Entry `yaml:"deny" doc:"Origins that are denied though a wildcard allows them."`
	// Targets are the only targets on which the group counts; nil means all.
	Targets *List `yaml:"targets" doc:"The only targets on which this group counts."`
}

// An Entry is an origin, or a pattern of origins with examples.
type Entry struct {
	Origin Text `yaml:"origin,short" doc:"As in https://shop.example.com, or https://shop-pr-*.example.net."`
	// Examples are origins that a pattern matches; each is tested.
	Examples []Text `yaml:"examples" doc:"Origins that the wildcard stands for; each is tested."`

	pattern pattern
}

// A Route is what pages may do at a path.
type Route struct {
	At Position `yaml:",position"`
	// Path is "/orders", "/orders/{id}" or "/files/{path...}".
	Path Text `yaml:"path" doc:"A path; {id} stands for one segment of it, {rest...} for all that follow."`
	// Name is in the ids of cases; it is made of the path if it isn't said.
	Name Text `yaml:"name" doc:"In the ids of cases; made of the path if left out."`
	// Sample has a value for each name in the path, and under [SampleQuery] a query.
	Sample []Sample `yaml:"sample" doc:"A value for each name in the path, and under query a query, as in download=1."`
	// CORS is "none", or empty.
	CORS Text `yaml:"cors" doc:"none: no page of another origin may read this."`

	Settings `yaml:",inline"`

	path routePath
}

// A Sample is what a name in a path stands for.
type Sample struct {
	Name  string   `yaml:",key"`
	At    Position `yaml:",position"`
	Value string   `yaml:",value"`
}

// Settings are what a route says or takes from the defaults, each as a whole: a
// list of the route's own replaces the defaults' list. What is nil isn't said.
type Settings struct {
	Origins *List `yaml:"origins" doc:"Names of groups."`
	// Methods are sent as they are written.
	Methods        *List     `yaml:"methods" doc:"Methods that pages use."`
	Headers        *List     `yaml:"headers" doc:"Request headers that pages set; browser-sdks stands for those of the common SDKs."`
	Credentials    *Switch   `yaml:"credentials" doc:"Whether pages may send cookies and read the answer."`
	Expose         *List     `yaml:"expose" doc:"Response headers that pages may read."`
	MaxAge         *Number   `yaml:"max_age" doc:"Seconds for which a preflight holds."`
	ReadableErrors *Numbers  `yaml:"readable_errors" doc:"Statuses from 400 on of which pages must be able to read the response."`
	Auth           *Auth     `yaml:"auth" doc:"What a request needs to be authenticated; none if nothing."`
	Upstream       *Upstream `yaml:"upstream" doc:"What the application behind the target does by itself."`
	Owner          *Text     `yaml:"owner" doc:"Who is to be told."`
}

// An Upstream is what is known of the application behind a target.
type Upstream struct {
	At Position `yaml:",position"`
	// CORS: it sends Access-Control headers of its own.
	CORS *Switch `yaml:"cors" doc:"Whether it sends CORS headers by itself; then the target has to take them out."`
}

// Auth is what a request needs to be authenticated: none, or one of three.
type Auth struct {
	At Position `yaml:",position"`
	// None is "none", or empty.
	None   Text     `yaml:",short"`
	Bearer *Secret  `yaml:"bearer" doc:"Authorization: Bearer, with the token from here."`
	APIKey *APIKey  `yaml:"api_key" doc:"A header that carries a key."`
	Cookie *Session `yaml:"cookie" doc:"A cookie."`
}

// A Secret is where a secret is. It is never in the policy.
type Secret struct {
	Env  Text `yaml:"env" doc:"The environment variable that has the secret."`
	File Text `yaml:"file" doc:"The file that has the secret, relative to this file."`
}

// An APIKey is a header that carries a secret.
type APIKey struct {
	Header Text `yaml:"header" doc:"The header's name."`
	Secret `yaml:",inline"`
}

// A Session is a cookie that carries a secret.
type Session struct {
	Name   Text `yaml:"name" doc:"The cookie's name."`
	Secret `yaml:",inline"`
}

// An AcceptedRisk is a concern that somebody has accepted.
type AcceptedRisk struct {
	ID     string   `yaml:",key"`
	At     Position `yaml:",position"`
	Reason string   `yaml:",value"`
}

// SampleQuery is the name of the sample that is a query and no part of the path.
const SampleQuery = "query"

// The words of a policy that have a meaning of their own.
const (
	Any          = "*"            // every origin, method or header
	Null         = "null"         // the opaque origin
	None         = "none"         // no CORS; no authentication
	BrowserSDKs  = "browser-sdks" // the request headers of [SDKHeaders]
	Denied       = "denied"       // what unlisted paths are
	NotFound     = "not-found"    // the same, and pages of the defaults' origins can read the 404
	Unjudged     = "unjudged"     // what unlisted paths are, if nobody minds
	fromDefaults = "defaults"     // the place of what no route says itself
)

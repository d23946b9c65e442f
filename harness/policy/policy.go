package policy

import "github.com/corsproof/corsproof/harness/strict"

// A Position is a position in a policy file.
type Position = strict.Position

// An Error is one mistake in a policy file.
type Error = strict.Error

// A Policy is a policy file, as written and checked. It is read-only after [Parse], and
// safe for concurrent use.
type Policy struct {
	// File is the file's name as given to Parse.
	File string `yaml:"-"`

	Targets  []Target `yaml:"targets" doc:"Targets of a check, by name: each a gateway's config, or a URL."`
	Origins  []Group  `yaml:"origins" doc:"Origins of pages, in named groups."`
	Defaults Settings `yaml:"defaults" doc:"Settings for routes that do not set them."`
	Routes   []Route  `yaml:"routes" doc:"What pages may do, path by path. Paths that no route matches are denied to other origins."`

	// Unlisted says how paths that no route matches are judged; empty means denied.
	Unlisted Text `yaml:"unlisted" doc:"Paths that no route matches: denied (the default) to other origins, except that the gateway's 404 is not judged; not-found, denied except for a 404 that the defaults make readable; or unjudged."`

	// AcceptedRisks are accepted concerns of the lint.
	AcceptedRisks []AcceptedRisk `yaml:"accepted_risks" doc:"IDs of lint concerns that are accepted, each with the reason."`
}

// A Text is a word of the policy with its position.
type Text struct {
	Text string   `yaml:",value"`
	At   Position `yaml:",position"`
}

// A Number is a number of the policy with its position.
type Number struct {
	Number int      `yaml:",value"`
	At     Position `yaml:",position"`
}

// A Switch is true or false with its position.
type Switch struct {
	On bool     `yaml:",value"`
	At Position `yaml:",position"`
}

// A List is a list of words. Its position is that of the whole list, the rule by which
// any other word is denied.
type List struct {
	Items []Text   `yaml:",value"`
	At    Position `yaml:",position"`
}

// Numbers is a list of numbers.
type Numbers struct {
	Items []Number `yaml:",value"`
	At    Position `yaml:",position"`
}

// A Target answers requests: a gateway that is started with its own config, or a server
// that runs already.
type Target struct {
	Name string   `yaml:",key"`
	At   Position `yaml:",position"`

	// Gateway is the kind of gateway that File configures. File is relative to the
	// policy's folder.
	Gateway Text `yaml:"gateway" doc:"The kind of gateway, such as nginx."`
	File    Text `yaml:"file" doc:"The gateway's own config, relative to this file."`

	// URL is the origin that pages call, without a path. It also selects one of a
	// gateway's servers.
	URL Text `yaml:"url" doc:"The origin that pages call, as in https://api.example.com."`
}

// A Group is a named list of origins.
type Group struct {
	Name string   `yaml:",key"`
	At   Position `yaml:",position"`

	Allow []Entry `yaml:"allow,short" doc:"Origins whose pages may read."`
	// Deny wins over every group's Allow on the routes that name this group.
	Deny []Entry `yaml:"deny" doc:"Origins that are denied although a wildcard allows them."`
	// Targets are the only targets on which the group counts; nil means all.
	Targets *List `yaml:"targets" doc:"The targets to which this group applies; by default all."`
}

// An Entry is an origin, or a pattern of origins with examples.
type Entry struct {
	Origin Text `yaml:"origin,short" doc:"For example https://shop.example.com, or https://shop-pr-*.example.net."`
	// Examples are origins that a pattern matches; each is tested.
	Examples []Text `yaml:"examples" doc:"Origins that the wildcard matches; each is tested."`

	pattern pattern
}

// A Route says what pages may do at a path.
type Route struct {
	At Position `yaml:",position"`
	// Path is "/orders", "/orders/{id}" or "/files/{path...}".
	Path Text `yaml:"path" doc:"A path; {id} matches one segment, {rest...} all that follow."`
	// Name is part of the ids of cases; if empty, it is derived from the path.
	Name Text `yaml:"name" doc:"The route's name in case IDs; by default derived from the path."`
	// Sample has a value for each name in the path, and a query under [SampleQuery].
	Sample []Sample `yaml:"sample" doc:"A value for each name in the path that test requests use, by default 1; under query, a query such as download=1."`
	// CORS is "none", or empty.
	CORS Text `yaml:"cors" doc:"none: no page of another origin may read this route."`

	Settings `yaml:",inline"`

	path routePath
}

// A Sample is the value of a name in a path.
type Sample struct {
	Name  string   `yaml:",key"`
	At    Position `yaml:",position"`
	Value string   `yaml:",value"`
}

// Settings are what a route sets or takes from the defaults. A route's own setting
// replaces the defaults' as a whole, lists included. Nil means not set.
type Settings struct {
	Origins *List `yaml:"origins" doc:"Names of groups."`
	// Methods are compared as written.
	Methods        *List        `yaml:"methods" doc:"Methods that pages use."`
	Headers        *List        `yaml:"headers" doc:"Request headers that pages set; browser-sdks stands for the headers of common SDKs."`
	Credentials    *Switch      `yaml:"credentials" doc:"Whether pages may send cookies and read the response."`
	Expose         *List        `yaml:"expose" doc:"Response headers that pages may read."`
	MaxAge         *Number      `yaml:"max_age" doc:"Seconds for which browsers may cache a preflight."`
	ReadableErrors *Numbers     `yaml:"readable_errors" doc:"Error statuses, from 400 on, whose responses pages must be able to read."`
	Sends          []SentHeader `yaml:"sends" doc:"Request headers that pages always send, with a value, such as x-tenant: acme; list them in headers, too."`
	Auth           *Auth        `yaml:"auth" doc:"How requests are authenticated; none if they are not."`
	Upstream       *Upstream    `yaml:"upstream" doc:"What the application behind the target does itself."`
	Owner          *Text        `yaml:"owner" doc:"Who is responsible; reports name the owner."`
}

// A SentHeader is a request header that pages always send, with a value that test requests
// have.
type SentHeader struct {
	Name  string   `yaml:",key"`
	At    Position `yaml:",position"`
	Value string   `yaml:",value"`
}

// An Upstream describes the application behind a target.
type Upstream struct {
	At Position `yaml:",position"`
	// CORS says whether it sends Access-Control headers of its own.
	CORS *Switch `yaml:"cors" doc:"Whether it sends CORS headers itself; then the target has to remove them."`
}

// Auth says how a request is authenticated: not at all, or in one of three ways.
type Auth struct {
	At Position `yaml:",position"`
	// None is "none", or empty.
	None   Text     `yaml:",short"`
	Bearer *Secret  `yaml:"bearer" doc:"Authorization: Bearer, with this token."`
	APIKey *APIKey  `yaml:"api_key" doc:"A header that carries a key."`
	Cookie *Session `yaml:"cookie" doc:"A cookie."`
}

// A Secret says where a secret is stored. The policy never contains the secret itself.
type Secret struct {
	Env  Text `yaml:"env" doc:"The environment variable with the secret."`
	File Text `yaml:"file" doc:"The file with the secret, relative to this file."`
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

// An AcceptedRisk is a concern that is accepted for a reason.
type AcceptedRisk struct {
	ID     string   `yaml:",key"`
	At     Position `yaml:",position"`
	Reason string   `yaml:",value"`
}

// DefaultSample stands for a name in a path that has no sample: most expressions for a part
// of a path match it.
const DefaultSample = "1"

// SampleQuery is the name of the sample that is the query instead of a part of the path.
const SampleQuery = "query"

// Words with a meaning in a policy.
const (
	Any          = "*"            // every origin, method or header
	Null         = "null"         // the opaque origin
	None         = "none"         // no CORS; no authentication
	BrowserSDKs  = "browser-sdks" // the request headers of [SDKHeaders]
	Denied       = "denied"       // unlisted paths are denied
	NotFound     = "not-found"    // the same, but pages of the defaults' origins can read the 404
	Unjudged     = "unjudged"     // unlisted paths are not judged
	fromDefaults = "defaults"     // the place of what no route says itself
)

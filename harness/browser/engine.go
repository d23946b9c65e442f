package browser

import (
	"context"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// An Engine is a real browser that makes real calls. Its methods are safe for
// concurrent use.
type Engine interface {
	// Info says which browser runs, with which flags.
	Info() Info
	// Open opens a page at origin, which a page host must serve: the page is
	// origin + [PagePath]. For "null" it is a page with an opaque origin,
	// [OpaqueURL]. The caller closes the page; ctx bounds the opening alone.
	Open(ctx context.Context, origin string) (Page, error)
	// OpenSlots is Open for a page that makes so many calls at the same time.
	OpenSlots(ctx context.Context, origin string, slots int) (Page, error)
	// ClearCaches empties the HTTP cache and the CORS-preflight cache.
	ClearCaches(ctx context.Context) error
	// SetCookies takes all cookies away and puts these there, for all pages.
	SetCookies(ctx context.Context, cookies ...Cookie) error
	// Observe is [Page.Observe] for several pages of this engine, which make their
	// calls at the same time. No two jobs have one ID.
	Observe(ctx context.Context, calls []PageJobs, each func(Observation)) error
	// Close ends the browser and everything that it started.
	Close() error
}

// A Cookie is what the browser's pages have from a server at URL, as after signing in
// there: for all of its paths, and sent to it by pages of other sites, too.
type Cookie struct{ URL, Name, Value string }

// A Page makes calls from one origin.
type Page interface {
	// Observe makes each job's call once and hands what came of it to each, in
	// the order in which the evidence is complete, never two at a time. A job
	// that could not be observed comes back as [fetch.OutcomeUnknown]; an error
	// means that the evidence as a whole can't be trusted, or that it ended
	// early. Jobs must not be changed until Observe returns.
	Observe(ctx context.Context, jobs []Job, each func(Observation)) error
	// Close closes the page; not while Observe runs.
	Close() error
}

// PageJobs are the jobs of one page.
type PageJobs struct {
	Page Page
	Jobs []Job
}

// Paths that every page origin must answer: blank documents of the page host.
const (
	PagePath = wire.PagePath
	// OpaquePath has a document that its Content-Security-Policy sandboxes.
	OpaquePath = wire.OpaquePath
	// SentinelPath is where sentinels go, with a random segment after it. A
	// server may answer them as it likes.
	SentinelPath = wire.SentinelPath
)

// OpaqueOrigin is the origin of a page whose origin is opaque.
const OpaqueOrigin = string(fetch.OpaqueOrigin)

// OpaqueURL is where a page with an opaque origin is loaded from.
const OpaqueURL = OpaqueHost + OpaquePath

// OpaqueHost is the origin that serves [OpaqueURL]: to the page itself it is as
// foreign as any other.
const OpaqueHost = "https://opaque.test"

// A Job is one call to make.
type Job struct {
	// ID names the job in its [Observation]; it must be unique in a call of
	// Observe.
	ID string
	// Request is what page code asks for. Its Origin is empty or the page's.
	Request fetch.Request
	// Timeout bounds the call; zero means the engine's own bound.
	Timeout time.Duration
}

// An Observation is what came of a job: page, recorder and protocol joined.
type Observation struct {
	ID    string
	Trace fetch.Trace
}

// Info describes a browser that runs. It is evidence: Flags are those of the
// running process, not those that were asked for.
type Info struct {
	Name    string           `json:"name"`
	Kind    fetch.CallerKind `json:"kind"`
	Version string           `json:"version"`
	Path    string           `json:"path"`
	Flags   []string         `json:"flags"`
	// Preferences are those that the profile began with, as name=value.
	Preferences []string `json:"preferences"`
	// Sandbox is "on", or "off: " and the reason.
	Sandbox string `json:"sandbox"`
}

// Caller returns the description of the browser for a trace.
func (i Info) Caller() fetch.Caller {
	return fetch.Caller{Name: i.Name, Kind: i.Kind, Version: i.Version}
}

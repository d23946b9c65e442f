package browser

import (
	"context"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// An Engine is a real browser that sends real requests. Its methods are safe for
// concurrent use.
type Engine interface {
	// Info returns which browser runs, with which flags.
	Info() Info
	// Open opens a page at origin, which a page host must serve: the page is origin +
	// [PagePath]. For "null" it is a page with an opaque origin, [OpaqueURL]. The caller
	// closes the page; ctx bounds only the opening.
	Open(ctx context.Context, origin string) (Page, error)
	// OpenSlots is Open for a page with the given number of concurrent calls.
	OpenSlots(ctx context.Context, origin string, slots int) (Page, error)
	// ClearCaches empties the HTTP cache and the CORS-preflight cache.
	ClearCaches(ctx context.Context) error
	// SetCookies removes all cookies and sets these, for all pages.
	SetCookies(ctx context.Context, cookies ...Cookie) error
	// Observe is [Page.Observe] for several pages of this engine, which send their
	// requests concurrently. All jobs need different IDs.
	Observe(ctx context.Context, calls []PageJobs, each func(Observation)) error
	// Close stops the browser and everything that it started.
	Close() error
}

// A Cookie is a cookie that the browser's pages have for the server at URL, as after a
// login there: for all paths, and also sent from pages of other sites.
type Cookie struct{ URL, Name, Value string }

// A Page sends requests from one origin.
type Page interface {
	// Observe sends each job's request once, and calls each with every result, in the
	// order in which the evidence is complete, never concurrently. A job that could not
	// be observed is returned as [fetch.OutcomeUnknown]. An error means that all of the
	// evidence is unreliable, or that Observe ended early. Jobs must not change until
	// Observe returns.
	Observe(ctx context.Context, jobs []Job, each func(Observation)) error
	// Close closes the page. Do not call it while Observe runs.
	Close() error
}

// PageJobs are the jobs of one page.
type PageJobs struct {
	Page Page
	Jobs []Job
}

// Paths that every page origin must serve: blank documents of the page host.
const (
	PagePath = wire.PagePath
	// OpaquePath has a document that is sandboxed by its Content-Security-Policy.
	OpaquePath = wire.OpaquePath
	// SentinelPath is the path of sentinels, followed by a random segment. A server may
	// respond to them in any way.
	SentinelPath = wire.SentinelPath
)

// OpaqueOrigin is the origin of a page whose origin is opaque.
const OpaqueOrigin = string(fetch.OpaqueOrigin)

// OpaqueURL is the URL from which a page with an opaque origin is loaded.
const OpaqueURL = OpaqueHost + OpaquePath

// OpaqueHost is the origin that serves [OpaqueURL]; for the page itself it is as foreign
// as any other origin.
const OpaqueHost = "https://opaque.test"

// A Job is one request to send.
type Job struct {
	// ID identifies the job in its [Observation]; it must be unique in a call of Observe.
	ID string
	// Request is the request of page code. Its Origin is empty or the page's.
	Request fetch.Request
	// Timeout bounds the call; zero means the engine's default.
	Timeout time.Duration
}

// An Observation is the result of a job, joined from page, recorder and protocol.
type Observation struct {
	ID    string
	Trace fetch.Trace
}

// Info describes a running browser. It is evidence: Flags are those of the running
// process, not the requested ones.
type Info struct {
	Name    string           `json:"name"`
	Kind    fetch.CallerKind `json:"kind"`
	Version string           `json:"version"`
	Path    string           `json:"path"`
	Flags   []string         `json:"flags"`
	// Preferences are the initial preferences of the profile, as name=value.
	Preferences []string `json:"preferences"`
	// Sandbox is "on", or "off: " and the reason.
	Sandbox string `json:"sandbox"`
}

// Caller returns the description of the browser for a trace.
func (i Info) Caller() fetch.Caller {
	return fetch.Caller{Name: i.Name, Kind: i.Kind, Version: i.Version}
}

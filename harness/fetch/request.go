package fetch

// A Request is what some caller is asked to send. It is written from the point
// of view of the code that calls fetch() or XMLHttpRequest; a direct client
// makes of it the call that its own API allows.
//
// The zero value of each field but URL means the default of the API: GET, mode
// cors, credentials mode same-origin, redirect mode follow.
type Request struct {
	// Origin is the serialized origin of the page that asks, "null" for an
	// opaque one: https://fetch.spec.whatwg.org/#concept-request-origin. A
	// direct client sends it as an Origin header, or none if it is empty.
	Origin string `json:"origin,omitempty"`

	// API is the interface that page code calls; empty means [APIFetch].
	API API `json:"api,omitempty"`

	// Method is https://fetch.spec.whatwg.org/#concept-request-method, as the
	// author wrote it (fetch() normalizes some); empty means GET.
	Method string `json:"method,omitempty"`

	// URL is absolute: https://fetch.spec.whatwg.org/#concept-request-url.
	URL string `json:"url"`

	// Headers are appended in order, repeats included.
	Headers HeaderList `json:"headers,omitempty"`

	// Body is nil for none.
	Body *Body `json:"body,omitempty"`

	Mode        Mode            `json:"mode,omitempty"`
	Credentials CredentialsMode `json:"credentials,omitempty"`
	Cache       CacheMode       `json:"cache,omitempty"`
	Redirect    RedirectMode    `json:"redirect,omitempty"`

	// Referrer is "no-referrer", "about:client" or a URL, which counts if it is of
	// the page's origin: https://fetch.spec.whatwg.org/#concept-request-referrer.
	// Empty means the API's default, the page.
	Referrer string `json:"referrer,omitempty"`

	// ReferrerPolicy and Integrity are passed on unchanged; empty means the API's
	// default.
	ReferrerPolicy string `json:"referrerPolicy,omitempty"`
	Integrity      string `json:"integrity,omitempty"`

	// Keepalive is https://fetch.spec.whatwg.org/#request-keepalive-flag.
	Keepalive bool `json:"keepalive,omitempty"`

	// UploadListener registers a listener on XMLHttpRequest's upload object,
	// which sets the use-CORS-preflight flag:
	// https://fetch.spec.whatwg.org/#use-cors-preflight-flag.
	UploadListener bool `json:"uploadListener,omitempty"`
}

// A Body is the body of a request, as the author passed it.
type Body struct {
	// Kind is the object that carries the bytes; empty means [BodyText].
	Kind BodyKind `json:"kind,omitempty"`

	// ContentType is the type of the object itself (a Blob's). The author's Content-Type
	// header is in Request.Headers.
	ContentType string `json:"contentType,omitempty"`

	// Bytes is isomorphic decoded, see [Header]. Of a FormData or
	// URLSearchParams they are its entries, as in "a=1&b=2":
	// https://url.spec.whatwg.org/#concept-urlencoded.
	Bytes string `json:"bytes"`

	// NoDuplex leaves duplex "half" out of the call, which a stream needs.
	NoDuplex bool `json:"noDuplex,omitempty"`
}

// An API is the interface that page code calls.
type API string

const (
	APIFetch API = "fetch" // the fetch() method
	APIXHR   API = "xhr"   // XMLHttpRequest
)

// A BodyKind is the object that page code passes as a body.
type BodyKind string

const (
	BodyText   BodyKind = "text"   // a string
	BodyBytes  BodyKind = "bytes"  // a Uint8Array
	BodyBlob   BodyKind = "blob"   // a Blob with a type of its own
	BodyStream BodyKind = "stream" // a ReadableStream, with duplex "half"
)

// A Mode is https://fetch.spec.whatwg.org/#concept-request-mode.
type Mode string

const (
	ModeCORS       Mode = "cors"
	ModeNoCORS     Mode = "no-cors"
	ModeSameOrigin Mode = "same-origin"
	ModeNavigate   Mode = "navigate"
)

// A CredentialsMode is https://fetch.spec.whatwg.org/#concept-request-credentials-mode.
type CredentialsMode string

const (
	CredentialsOmit       CredentialsMode = "omit"
	CredentialsSameOrigin CredentialsMode = "same-origin"
	CredentialsInclude    CredentialsMode = "include"
)

// A CacheMode is https://fetch.spec.whatwg.org/#concept-request-cache-mode.
type CacheMode string

const (
	CacheDefault      CacheMode = "default"
	CacheNoStore      CacheMode = "no-store"
	CacheReload       CacheMode = "reload"
	CacheNoCache      CacheMode = "no-cache"
	CacheForceCache   CacheMode = "force-cache"
	CacheOnlyIfCached CacheMode = "only-if-cached"
)

// A RedirectMode is https://fetch.spec.whatwg.org/#concept-request-redirect-mode.
type RedirectMode string

const (
	RedirectFollow RedirectMode = "follow"
	RedirectError  RedirectMode = "error"
	RedirectManual RedirectMode = "manual"
)

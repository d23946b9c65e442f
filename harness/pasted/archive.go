package pasted

import (
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An Archive is a HAR file. Its values are not redacted.
type Archive struct {
	// Creator is what wrote it, as in "WebInspector 537.36"; empty if it doesn't
	// say.
	Creator string
	// Entries are in the file's order.
	Entries []Entry
}

// A Page is the page that an entry belongs to. Both are empty if the file names
// none.
type Page struct {
	// URL is the page's: its title where a browser writes the URL there, else that
	// of the first document of the page. Empty if the file has neither.
	URL   string
	Title string
}

// An Entry is one request of an [Archive].
type Entry struct {
	// Index is the position in the file, from 0; Line is where the entry begins.
	Index, Line int

	// Started is when the request began, the zero time if the file doesn't say.
	Started time.Time
	// Took is how long it took, until its response was complete; 0 if the file
	// doesn't say.
	Took time.Duration

	Page Page

	// Call is the request as page code would ask for it, with the page's origin:
	// that of the Origin header, else of Referer, else of the page's URL. Its Sent
	// has all headers.
	Call Call

	// Sent is the request as the file says that it was sent. The file may lack
	// headers, see Lacks.
	Sent fetch.SentRequest

	// Response is nil if the file has none: the browser blocked the request, or
	// read no answer. Its body is there only where the file holds the bytes of the
	// wire.
	Response *fetch.SentResponse

	// Failure is the browser's name of the error, as in "net::ERR_FAILED"; empty if
	// there is none.
	Failure string

	// FromCache says that the response came from a cache of the browser.
	FromCache bool
	// ServerIP is the address of the server, empty if the file doesn't say.
	ServerIP string
	// ResourceType is Chrome's and Playwright's, as in "fetch" and "preflight".
	ResourceType string

	// IsPreflight says that it is a CORS-preflight request.
	IsPreflight bool
	// Serves is, for a preflight, the index of the entry whose request it was for;
	// -1 if there is none, or the entry is no preflight.
	Serves int
	// ServedBy is the index of the preflight for this entry; -1 if there is none.
	ServedBy int

	// Lacks is what a judgement of the entry needs and the file does not record.
	Lacks []string
}

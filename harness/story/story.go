package story

import "github.com/corsproof/corsproof/harness/fetch"

// Schema names the format of a story in JSON.
const Schema = "corsproof.story/1"

// An End is how a request ended for page code.
type End string

const (
	// EndReadable: page code can read the response.
	EndReadable End = "readable"
	// EndBlocked: the browser made the request, or refused to, and page code learns
	// nothing of a response. An opaque response is one of these.
	EndBlocked End = "blocked"
	// EndUnknown: nobody can tell, see [Story.Lacks].
	EndUnknown End = "unknown"
)

// A Story is what came of one request. Secrets are redacted.
type Story struct {
	Schema string `json:"schema"`
	End    End    `json:"end"`
	// Headline is one sentence that says how it ended and why.
	Headline string `json:"headline"`
	// From says who observed the answers.
	From Source `json:"from"`
	// Request is what page code asked.
	Request fetch.Request `json:"request"`
	// Preflight says why there is a preflight, or why there is none.
	Preflight Preflight `json:"preflight"`
	// Exchanges are what was sent and what came back, in order.
	Exchanges []Exchange `json:"exchanges"`
	// Decides is why it ended; nil if nothing refused the request.
	Decides *Decision `json:"decides,omitempty"`
	// Script is what page code learns, a sentence each.
	Script []string `json:"script"`
	// Console is what the browser's console says; empty if it says nothing.
	Console string `json:"console,omitempty"`
	// Direct is what a client that is no browser gets; empty if nobody asked one.
	Direct string `json:"direct,omitempty"`
	// Instead is what would have to come back, the change that decides first. Made all
	// together, they make the response readable; [Story.Mended] says whether the model
	// agrees.
	Instead []Change `json:"instead,omitempty"`
	Mended  bool     `json:"mended"`
	// Hints are what is worth knowing beside.
	Hints []string `json:"hints,omitempty"`
	// Where is where the answer's headers are usually set. It is a guess.
	Where *Guess `json:"where,omitempty"`
	// Lacks names what is missing to tell how it ended.
	Lacks []string `json:"lacks,omitempty"`
}

// A Preflight says whether the browser asks before it sends the request itself.
type Preflight struct {
	Needed bool `json:"needed"`
	// Because are the reasons, each the end of a sentence that begins with "because".
	Because []string `json:"because"`
}

// A Kind is what an exchange is for.
type Kind string

const (
	KindPreflight Kind = "preflight"
	KindRequest   Kind = "request"
)

// An Exchange is a request on the wire with what came back.
type Exchange struct {
	Kind   Kind   `json:"kind"`
	Method string `json:"method"`
	URL    string `json:"url"`
	// Sent are the request's headers that matter here.
	Sent []Line `json:"sent"`
	// Status is 0 if no response came; Incomplete says why.
	Status     int    `json:"status,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Incomplete string `json:"incomplete,omitempty"`
	// StatusDecides: the status is why the request was refused.
	StatusDecides bool `json:"statusDecides,omitempty"`
	// Received are the response's headers, with those that decide by being absent.
	Received []Line `json:"received"`
	// Withheld: the request never reached the server, corsproof answered it.
	Withheld bool `json:"withheld,omitempty"`
}

// A Line is one header line.
type Line struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Missing: there is no such line.
	Missing bool `json:"missing,omitempty"`
	// Decides: it is why the request was refused.
	Decides bool `json:"decides,omitempty"`
	// Matters: it belongs to the CORS protocol, or says where the answer comes from.
	Matters bool `json:"matters,omitempty"`
}

// A Decision is the step of the standard that refused the request.
type Decision struct {
	// Step names the algorithm and the step in words; Link leads there.
	Step string `json:"step"`
	Link string `json:"link,omitempty"`
	// Sentence says what was wrong.
	Sentence string `json:"sentence"`
	// Header is the deciding header's name, empty if it is a status or no header at all.
	Header string      `json:"header,omitempty"`
	Block  fetch.Block `json:"block"`
}

// A Change is one line of a response as it has to be.
type Change struct {
	// On is the request whose response it is, as in "OPTIONS (preflight)".
	On  string `json:"on"`
	URL string `json:"url"`
	// Preflight tells the preflight's response from the request's own.
	Preflight bool `json:"preflight"`
	// Status is the status that is needed; 0 if a header is.
	Status int `json:"status,omitempty"`
	// Header: Value is the line that is needed; Was are the lines that came.
	Header string   `json:"header,omitempty"`
	Value  string   `json:"value,omitempty"`
	Was    []string `json:"was,omitempty"`
}

// A Guess is where the answer's headers are usually set.
type Guess struct {
	// By is the header that gives it away, as in "Server: nginx".
	By string `json:"by"`
	// Product is what seems to have answered, Place where it has its CORS settings.
	Product string `json:"product"`
	Place   string `json:"place"`
}

// A Source is who observed the answers of a story.
type Source string

const (
	// SourceBrowser: a real browser made the request.
	SourceBrowser Source = "browser"
	// SourceRecording: somebody recorded the answers; nothing was sent, and the model
	// stands for the browser.
	SourceRecording Source = "recording"
)

// NeverSent reports whether the preflight was the end, so that the request itself never
// left the browser.
func (s *Story) NeverSent() bool {
	for _, e := range s.Exchanges {
		if e.Kind == KindRequest {
			return false
		}
	}
	return s.End == EndBlocked && s.Preflight.Needed && len(s.Exchanges) > 0
}

package direct

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// The lines that a [Program] reads and writes; fixtures/clients/main.js says
// what they mean.

type programBatch struct {
	Calls         []programCall     `json:"calls"`
	Routes        map[string]string `json:"routes"`
	TimeoutMillis int64             `json:"timeoutMillis"`
}

type programCall struct {
	Method  string           `json:"method"`
	URL     string           `json:"url"`
	Origin  string           `json:"origin"`
	Headers fetch.HeaderList `json:"headers"`
	Body    *string          `json:"body"` // base64
	Source  string           `json:"source"`

	Mode           fetch.Mode            `json:"mode,omitempty"`
	Credentials    fetch.CredentialsMode `json:"credentials,omitempty"`
	Cache          fetch.CacheMode       `json:"cache,omitempty"`
	Redirect       fetch.RedirectMode    `json:"redirect,omitempty"`
	ReferrerPolicy string                `json:"referrerPolicy,omitempty"`
	Integrity      string                `json:"integrity,omitempty"`
	Keepalive      bool                  `json:"keepalive,omitempty"`
	UploadListener bool                  `json:"uploadListener,omitempty"`
}

// batch makes the line that asks for the calls. A direct client is told which
// Origin to send; a user agent sends that of its page.
func (p *Program) batch(requests []fetch.Request) ([]byte, error) {
	b := programBatch{Calls: make([]programCall, len(requests)), TimeoutMillis: p.cfg.Timeouts.call().Milliseconds()}
	if p.cfg.Routes != nil {
		b.Routes = p.cfg.Routes()
	}
	for i, r := range requests {
		call := programCall{
			Method: method(r), URL: r.URL, Origin: r.Origin, Headers: headers(r), Source: nextSource(),
			Mode: r.Mode, Credentials: r.Credentials, Cache: r.Cache, Redirect: r.Redirect,
			ReferrerPolicy: r.ReferrerPolicy, Integrity: r.Integrity, Keepalive: r.Keepalive, UploadListener: r.UploadListener,
		}
		if p.caller.Kind == fetch.CallerUserAgent {
			call.Headers = authored(r)
		}
		if r.Body != nil {
			raw, err := body(r)
			if err != nil {
				return nil, err
			}
			call.Body = new(base64.StdEncoding.EncodeToString(raw))
		}
		b.Calls[i] = call
	}
	line, err := json.Marshal(b)
	return append(line, '\n'), err
}

type programReply struct {
	Connections []string     `json:"connections"`
	Read        *programRead `json:"read"`
	Error       string       `json:"error"`
	Refused     string       `json:"refused"`
	Timeout     bool         `json:"timeout"`
	Unable      string       `json:"unable"`
}

type programRead struct {
	Status     int                `json:"status"`
	Type       fetch.ResponseType `json:"type"`
	URL        string             `json:"url"`
	Redirected bool               `json:"redirected"`
	Headers    fetch.HeaderList   `json:"headers"`
	Body       []byte             `json:"body"`
}

func (s programReply) reply(t Timeouts) Reply {
	r := Reply{Connections: s.Connections}
	switch {
	case s.Read != nil:
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
			Type: s.Read.Type, Status: s.Read.Status, URL: s.Read.URL, Redirected: s.Read.Redirected,
			Headers: s.Read.Headers.Redacted(), Body: fetch.PayloadOf(s.Read.Body),
		}}
	case s.Error != "":
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: s.Error}
	case s.Refused != "":
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeRefused, Error: s.Refused}
	case s.Timeout: // not the server's answer, but the end of our patience
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("no whole answer within %v", t.call())}
	case s.Unable != "":
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: s.Unable}
	default:
		r.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "the client said nothing of it"}
	}
	return r
}

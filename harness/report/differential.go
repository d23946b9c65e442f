package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Differential is one request to one server, sent by all callers. Each cell names the
// exchanges that are its evidence.
type Differential struct {
	Case     string        `json:"case,omitempty"`
	Request  fetch.Request `json:"request"`
	Callers  []CallerRow   `json:"callers"`
	Decisive Decisive      `json:"decisive"`
}

// A CallerRow is the result of the request for one caller.
type CallerRow struct {
	Caller fetch.Caller `json:"caller"`

	// Sent are the methods of the requests that the caller's server received, in order.
	Sent Cell `json:"sent"`
	// Status is the status of the response to the request itself; empty if there was
	// none.
	Status Cell `json:"status"`
	Body   Body `json:"body"`
	// Refused says who kept the calling code from reading the response.
	Refused Cell `json:"refused"`
}

// A Cell is a text with the IDs of the exchanges that are its evidence. Without
// exchanges, their absence is the evidence.
type Cell struct {
	Text      string   `json:"text"`
	Exchanges []string `json:"exchanges"`
}

// A Body is what happened to a response body.
type Body struct {
	Fate BodyFate `json:"fate"`
	// Digest and Length are those of the bytes that the code read or, if the body was
	// withheld, of the bytes that the server sent.
	Digest    string   `json:"digest,omitempty"`
	Length    int64    `json:"length"`
	Exchanges []string `json:"exchanges"`
}

// A BodyFate says what happened to a body.
type BodyFate string

const (
	BodyRead     BodyFate = "read"     // by the calling code
	BodyWithheld BodyFate = "withheld" // sent by the server, not shown to the code
	BodyNone     BodyFate = "none"     // no answer to the request itself
)

// Decisive compares digests: of the bytes that the server sent to the browser, which
// withheld them, and of the bytes that each direct client read.
type Decisive struct {
	// Enforcer and Why say who enforced, and by which evidence.
	Enforcer string `json:"enforcer"`
	Why      string `json:"why"`

	// Withheld is the body that the browser received but did not show to its page; nil if
	// the page could read it, or if the request was not sent.
	Withheld *Body `json:"withheld,omitempty"`
	// Same are the direct clients that read exactly these bytes.
	Same []string `json:"same"`
	// Exceptions are the direct clients that did not, or the one reason why there is
	// nothing to compare.
	Exceptions []Exception `json:"exceptions"`
}

// An Exception says why a comparison does not hold for one name.
type Exception struct {
	// Name is a direct client in a [Decisive], a case in a [Share].
	Name string `json:"name"`
	Why  string `json:"why"`
	// Exchange is the ID of the exchange that is the evidence; empty if there is none.
	Exchange string `json:"exchange,omitempty"`
	// Unknown means that something could not be observed.
	Unknown bool `json:"unknown,omitempty"`
}

// Holds reports whether every direct client read what the browser withheld.
func (d Decisive) Holds() bool {
	return d.Withheld != nil && len(d.Same) > 0 && len(d.Exceptions) == 0
}

// A Share says in how many of the cases that a browser denied every direct client read,
// byte for byte, what the browser withheld.
type Share struct {
	Denied     int         `json:"denied"`
	Read       int         `json:"read"`
	Exceptions []Exception `json:"exceptions"` // the other denied cases
}

// Unknown counts the denied cases in which something could not be observed.
func (s Share) Unknown() (n int) {
	for _, e := range s.Exceptions {
		if e.Unknown {
			n++
		}
	}
	return n
}

// String returns the share as a sentence.
func (s Share) String() string {
	if s.Denied == 0 {
		return "no case was denied: nothing to compare"
	}
	return fmt.Sprintf("in %d of %d denied cases (%.1f %%) every direct client read, byte for byte, what the browser withheld",
		s.Read, s.Denied, 100*float64(s.Read)/float64(s.Denied))
}

// WriteShare prints the share and the exceptions, by reason and by name.
func WriteShare(w io.Writer, s Share) {
	fmt.Fprintln(w, s)
	names := map[string][]string{}
	var reasons []string
	for _, e := range s.Exceptions {
		if names[e.Why] == nil {
			reasons = append(reasons, e.Why)
		}
		names[e.Why] = append(names[e.Why], e.Name)
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return cmp.Compare(len(names[b]), len(names[a])) })
	for _, why := range reasons {
		fmt.Fprintf(w, "    except %d: %s: %s\n", len(names[why]), why, strings.Join(names[why], ", "))
	}
}

// WriteDifferential prints the request, a row for each caller, and the decisive
// comparison.
func WriteDifferential(w io.Writer, d Differential, style Style) {
	from := ""
	if d.Request.Origin != "" {
		from = "  Origin: " + d.Request.Origin
	}
	fmt.Fprintln(w, paint(style, text.Bold, strings.TrimSpace(fmt.Sprintf("%s %s %s%s", d.Case, cmp.Or(d.Request.Method, "GET"), d.Request.URL, from))))
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"caller", "sent", "status", "body", "who refused", "exchanges"})
	t.SetColumnConfigs([]table.ColumnConfig{wide(1, 34), wide(2, 12), wide(3, 6), wide(4, 40), wide(5, 30), wide(6, 26)})
	for _, row := range d.Callers {
		t.AppendRow(table.Row{
			nameOf(row.Caller), row.Sent.Text, row.Status.Text, row.Body.String(), row.Refused.Text,
			strings.Join(row.Sent.Exchanges, " "),
		})
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "who enforced: %s: %s\n", d.Decisive.Enforcer, d.Decisive.Why)
	if d.Decisive.Withheld != nil {
		fmt.Fprintf(w, "%s; read by %s\n", d.Decisive.Withheld, cmp.Or(strings.Join(d.Decisive.Same, ", "), "nobody"))
	}
	for _, e := range d.Decisive.Exceptions {
		fmt.Fprintf(w, "    except %s: %s\n", e.Name, e.Why)
	}
}

// nameOf is the caller with its version, which for a browser begins with a name.
func nameOf(c fetch.Caller) string {
	if strings.HasPrefix(strings.ToLower(c.Version), c.Name) {
		return c.Version
	}
	return strings.TrimSpace(c.Name + " " + c.Version)
}

// String returns the body in a few words.
func (b Body) String() string {
	if b.Fate == BodyNone || b.Fate == "" {
		return "none"
	}
	return fmt.Sprintf("%s %d bytes (%.15s…)", b.Fate, b.Length, b.Digest)
}

package browser

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// ErrBrowserGone is wrapped by every error caused by the exit of the browser's process,
// together with how the process exited.
var ErrBrowserGone = errors.New("the browser is gone")

// A DisagreementError says that two witnesses of one job contradict each other. It is an
// error of the harness or of the engine, and never a verdict.
type DisagreementError struct {
	// Job is the job's ID; in an activity, the URL of the request.
	Job string
	// First and Second are what the two witnesses report, as in `page: status 200`.
	First, Second string
}

func (e *DisagreementError) Error() string {
	return fmt.Sprintf("job %q: the witnesses disagree: %s; %s", e.Job, e.First, e.Second)
}

// A StrayError says that a recorder got requests of the browser that no job sent.
type StrayError struct{ Exchanges []fetch.Exchange }

func (e *StrayError) Error() string {
	var list []string
	for _, x := range e.Exchanges {
		list = append(list, fmt.Sprintf("%s %s at %s (%s)", x.Request.Method, x.Request.Target, x.Server, x.ID))
	}
	return "the browser sent what no job asked for: " + strings.Join(list, ", ")
}

// IsEvidenceProblem reports whether an error of [Page.Observe] concerns only what was
// observed, so that the page can be used further: it consists only of
// [*DisagreementError] and [*StrayError].
func IsEvidenceProblem(err error) bool {
	switch e := err.(type) {
	case *DisagreementError, *StrayError:
		return true
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		return len(all) > 0 && !slices.ContainsFunc(all, func(err error) bool { return !IsEvidenceProblem(err) })
	case interface{ Unwrap() error }:
		return IsEvidenceProblem(e.Unwrap())
	}
	return false
}

// Strays returns the requests of every [*StrayError] in an error.
func Strays(err error) []fetch.Exchange {
	var exchanges []fetch.Exchange
	switch e := err.(type) {
	case *StrayError:
		exchanges = e.Exchanges
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			exchanges = append(exchanges, Strays(one)...)
		}
	case interface{ Unwrap() error }:
		return Strays(e.Unwrap())
	}
	return exchanges
}

// A CanaryError says that a browser does not reliably enforce CORS.
type CanaryError struct {
	// Call is the call with the wrong result, Want and Got the expected and the actual
	// result.
	Call, Want, Got string
}

func (e *CanaryError) Error() string {
	return fmt.Sprintf("canary: %s: want %s, got %s: this browser's enforcement can't be trusted, so nothing that it says counts", e.Call, e.Want, e.Got)
}

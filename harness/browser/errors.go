package browser

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// ErrBrowserGone is wrapped by every error that is due to the end of the
// browser's process, together with how the process ended.
var ErrBrowserGone = errors.New("the browser is gone")

// A DisagreementError says that two witnesses of one job contradict each other.
// It is an error of the harness, or of the engine, and never a verdict.
type DisagreementError struct {
	// Job is the job's ID; in an activity, the request's URL.
	Job string
	// First and Second are what each witness says, witness first, as in
	// `page: status 200`.
	First, Second string
}

func (e *DisagreementError) Error() string {
	return fmt.Sprintf("job %q: the witnesses disagree: %s; %s", e.Job, e.First, e.Second)
}

// A StrayError says that requests of the browser reached a recorder though no
// job made them.
type StrayError struct{ Exchanges []fetch.Exchange }

func (e *StrayError) Error() string {
	var list []string
	for _, x := range e.Exchanges {
		list = append(list, fmt.Sprintf("%s %s at %s (%s)", x.Request.Method, x.Request.Target, x.Server, x.ID))
	}
	return "the browser sent what no job asked for: " + strings.Join(list, ", ")
}

// IsEvidenceProblem reports whether an error of [Page.Observe] is about what was
// observed alone, so that the page can go on observing: it consists of nothing but
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

// Strays returns the requests of all that is a [*StrayError] in an error.
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

// A CanaryError says that a browser can't be trusted to enforce CORS.
type CanaryError struct {
	// Call is the call that came out wrong, Want and Got what should have and
	// what has become of it.
	Call, Want, Got string
}

func (e *CanaryError) Error() string {
	return fmt.Sprintf("canary: %s: want %s, got %s: this browser's enforcement can't be trusted, so nothing that it says counts", e.Call, e.Want, e.Got)
}

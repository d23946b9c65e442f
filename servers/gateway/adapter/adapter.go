package adapter

import (
	"regexp"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers"
)

// An Adapter is what is known of one kind of gateway. Its fields are set once, where
// it is declared, and may be used concurrently.
type Adapter struct {
	// Kind is its name, as a policy's target has it.
	Kind string
	// Program is what runs its configs.
	Program Program
	// Read reads a config with all that it includes, for a program that comes from
	// there. The error has every place that can't be read.
	Read func(file string, from From) (Config, error)
	// Recognize says why the program refused a request, given the status and the
	// beginning of the body of its answer: the program's own error pages are known
	// here alone. Nil recognizes nothing.
	Recognize func(status int, body string) target.Reason
}

// A Program is a kind's program, wherever it comes from.
type Program struct {
	Name   string                          // in PATH
	Pinned func(*servers.Installed) string // the path of the project's own
	// VersionArg is the argument to which it says its version, and Version finds the
	// version in what it says then, as its first group.
	VersionArg string
	Version    *regexp.Regexp
	// Install says how the system's own is installed.
	Install string
}

// A From says where the program comes from that is to run a config.
type From int

const (
	FromSetup   From = iota // the project's own, pinned one
	FromMachine             // one of this machine
	FromImage               // one of a container image
)

// BinarySystem, as the path of a program, means the one of the kind's name in PATH.
const BinarySystem = "system"

// A Config is a user's config that was read. Its methods start nothing and may be
// called one after the other only.
type Config interface {
	// Plan says what is to be run at a place. The error has every place of the config
	// that can't be run.
	Plan(Place) (*Plan, error)
	// Facts returns what the config says of itself.
	Facts() Facts
	// Fix words a fix in the gateway's syntax.
	Fix(policy.Fix) policy.Wording
	// Explain adds to what the program said, in which the user's file names stand,
	// where in the config that is and what to do.
	Explain(said string) string
}

// Facts are what a config says of itself.
type Facts struct {
	// Named are the origins that it names.
	Named NamedOrigins
	// Methods and Headers are the names that it lists for pages: see [Listed].
	Methods, Headers []string
	// Limits are the places that limit requests by their number, Answers those that answer
	// without an upstream, ClientCertificates those that require certificates of clients,
	// each with its file and line, as in "nginx.conf:12: limit_req zone=all".
	Limits, Answers, ClientCertificates []string
	// RoutesBy are the names of request headers by which routes are chosen, in lower case.
	RoutesBy []string
}

// An Advice says what to do about a line in a program's log.
type Advice struct {
	Line *regexp.Regexp
	Text string
}

// Advise adds to what a program said the first of the advices that fits.
func Advise(said string, all []Advice) string {
	for _, a := range all {
		if a.Line.MatchString(said) {
			return said + "\n" + a.Text
		}
	}
	return said
}

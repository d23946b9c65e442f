package adapter

import (
	"regexp"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers"
)

// An Adapter describes one kind of gateway. Its fields are set once, in its declaration,
// and may be used concurrently.
type Adapter struct {
	// Kind is the name of the kind, as in a policy's target.
	Kind string
	// Program is the program that runs its configs.
	Program Program
	// Read reads a config with all that it includes, for a program from the given source.
	// The error has every place that cannot be read.
	Read func(file string, from From) (Config, error)
	// Recognize returns why the program refused a request, given the status and the
	// beginning of the body of its response; only the adapter knows the program's own
	// error pages. If nil, nothing is recognized.
	Recognize func(status int, body string) target.Reason
}

// A Program is the program of a kind of gateway, independent of its source.
type Program struct {
	Name   string                          // in PATH
	Pinned func(*servers.Installed) string // the path of the one that corsproof installs
	// VersionArg is the argument with which it prints its version. Version finds the
	// version in that output, as its first group.
	VersionArg string
	Version    *regexp.Regexp
	// Install says how to install the system's own program.
	Install string
}

// A From says where the program comes from that runs a config.
type From int

const (
	FromSetup   From = iota // the pinned one that corsproof installs
	FromMachine             // one installed on this machine
	FromImage               // one of a container image
)

// BinarySystem, as the path of a program, selects the kind's program in PATH.
const BinarySystem = "system"

// A Config is a user's config that was read. Its methods start nothing and must not be
// called concurrently.
type Config interface {
	// Plan returns how to run the config at a place. The error has every place in the
	// config that cannot be run.
	Plan(Place) (*Plan, error)
	// Facts returns what the config contains.
	Facts() Facts
	// Fix words a fix in the gateway's syntax.
	Fix(policy.Fix) policy.Wording
	// Explain adds to the program's output where in the config the mistake is and what to
	// do. The output has the user's file names.
	Explain(said string) string
}

// Facts are what a config contains.
type Facts struct {
	// Named are the origins in the config.
	Named NamedOrigins
	// Methods and Headers are the names that it lists for pages, see [Listed].
	Methods, Headers []string
	// Limits are the places that limit the rate or number of requests, Answers those that
	// respond without an upstream, ClientCertificates those that require client
	// certificates. Each has its file and line, as in "nginx.conf:12: limit_req
	// zone=all".
	Limits, Answers, ClientCertificates []string
	// RoutesBy are the names of request headers by which routes are chosen, in lower case.
	RoutesBy []string
}

// An Advice says what to do about a line in a program's log.
type Advice struct {
	Line *regexp.Regexp
	Text string
}

// Advise adds the first matching advice to a program's output.
func Advise(said string, all []Advice) string {
	for _, a := range all {
		if a.Line.MatchString(said) {
			return said + "\n" + a.Text
		}
	}
	return said
}

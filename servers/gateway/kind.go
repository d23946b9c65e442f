package gateway

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// A Kind is a kind of gateway, as a policy's target names it.
type Kind string

// The kinds there are.
const (
	Nginx Kind = "nginx"
	Envoy Kind = "envoy"
)

// kinds is the table of all gateways. A new one is a row here and files that
// begin with its name.
var kinds = map[Kind]kind{
	Nginx: {
		program: "nginx", pinned: func(i *servers.Installed) string { return i.Nginx },
		versionArg: "-v", version: regexp.MustCompile(`nginx version: (\S+)`),
		cure: "on Debian and Ubuntu: apt-get install --no-install-recommends nginx-light",
		read: readNginx, cures: nginxCures, mistyped: nginxMistyped,
	},
	Envoy: {
		program: "envoy", pinned: func(i *servers.Installed) string { return i.Envoy },
		versionArg: "--version", version: regexp.MustCompile(`version: [0-9a-f]+/([0-9.]+)`),
		cure: "get it as envoyproxy.io says, or leave it to corsproof, which has one of its own",
		read: readEnvoy, cures: envoyCures,
	},
}

// A kind is what is known of one kind of gateway.
type kind struct {
	program    string                          // in PATH
	pinned     func(*servers.Installed) string // the project's own
	versionArg string
	version    *regexp.Regexp // finds the version in what the program says to versionArg
	cure       string         // how the system's own is had

	// read reads a config with all that it includes. The error has every place
	// that can't be run.
	read func(file string, cfg Config) (config, error)
	// cures say what to do about lines in the gateway's log; mistyped, which may be
	// nil, says what was probably meant by a word in it, or nothing.
	cures    []cure
	mistyped func(log string) string
}

// A cure is what to do about a line in a log.
type cure struct {
	line *regexp.Regexp
	text string
}

// A config is a user's config that was read.
type config interface {
	// plan says what is to be run. It touches nothing but the config's files.
	plan(place) (*plan, error)
	// limits are the places that limit requests, see [Gateway.Limits].
	limits() []string
	// clientCertificates are the places that want some, see [Gateway.ClientCertificates].
	clientCertificates() []string
	// word words a fix in the gateway's syntax.
	word(policy.Fix) Wording
	// named finds the origins that it names.
	named() namedOrigins
}

// A teller is a config that says where in it the gateway saw a mistake, given what
// the gateway said.
type teller interface{ tell(text string) string }

// A place is where a config is to be run.
type place struct {
	dir      string // the folder of the copies, absolute
	sockets  bool   // it has no ports: listeners are sockets in dir
	upstream wire.Upstream
}

// The files that every place has, in its folder.
func (p place) chain() string { return p.dir + "/chain.pem" }
func (p place) key() string   { return p.dir + "/key.pem" }
func (p place) ca() string    { return p.dir + "/ca.pem" }
func (p place) log() string   { return p.dir + "/access.log" }

// A plan is how a config is run at a place.
type plan struct {
	dir           string // the place's
	args          []string
	files         []planned
	substitutions []Substitution
	notes         []Note
	upstreams     []string // as [wire.Upstream].Named calls them
	hosts         []string // for the certificate
	copies        []*source
	reads         []string // paths of the user's files that files are copies of, beside copies
	// listeners asks the gateway where it listens, and is an error until it does
	// so.
	listeners func(context.Context) ([]wire.EndpointListener, error)
}

// A planned is a file to write, relative to the place's folder.
type planned struct {
	name string
	text []byte
}

// ParseKind returns the kind of that name. The error names all.
func ParseKind(name string) (Kind, error) {
	if _, ok := kinds[Kind(name)]; !ok {
		return "", fmt.Errorf("no gateway %q: there are %s", name, strings.Join(kindNames(), ", "))
	}
	return Kind(name), nil
}

// ParseSpec returns the kind and the file in a text such as "nginx=./nginx.conf".
func ParseSpec(spec string) (k Kind, file string, err error) {
	name, file, found := strings.Cut(spec, "=")
	if !found || file == "" {
		return "", "", fmt.Errorf("gateway %q: write it as KIND=FILE, as in nginx=./nginx.conf", spec)
	}
	k, err = ParseKind(name)
	return k, file, err
}

func kindNames() []string {
	var names []string
	for k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return names
}

func (k Kind) String() string { return string(k) }

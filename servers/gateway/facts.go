package gateway

import (
	"fmt"
	"slices"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// Facts returns what a check has to know of the gateway: that it was started for the
// check and may get all requests, and what its config contains.
func (g *Gateway) Facts() target.Facts {
	said := g.said()
	return target.Facts{
		Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs,
		NamedOrigins: said.Named.All, NamedMethods: said.Methods, NamedHeaders: said.Headers, Limits: said.Limits, Answers: said.Answers, RoutesBy: said.RoutesBy, ClientCertificates: said.ClientCertificates,
		Recognize: g.kind.Recognize, Life: g.life,
	}
}

// Recognize returns why a server refused a request, given the status and the beginning of
// the body of its response, if the body is an error page of a registered kind. It is the
// Recognize of [target.Facts] for a server of unknown kind.
func Recognize(status int, body string) target.Reason {
	for _, k := range Kinds() {
		if a, err := registered.adapter(k); err == nil && a.Recognize != nil {
			if reason := a.Recognize(status, body); reason != target.ReasonUnknown {
				return reason
			}
		}
	}
	return target.ReasonUnknown
}

// Named returns the facts with the origins, methods and headers in a gateway's config. It
// starts nothing. The error says why the config cannot be read.
func Named(k Kind, file string) (target.Facts, error) {
	a, err := registered.adapter(k)
	if err != nil {
		return target.Facts{}, err
	}
	c, err := a.Read(file, adapter.FromSetup)
	if err != nil {
		return target.Facts{}, fmt.Errorf("gateway %s: cannot read %s:\n%w", k, file, err)
	}
	said := c.Facts()
	return target.Facts{NamedOrigins: said.Named.All, NamedMethods: said.Methods, NamedHeaders: said.Headers}, nil
}

// A Reading is what is known of a gateway's config before the start.
type Reading struct {
	Kind Kind
	File string // as it was given
	// Files are the paths of all files of the config, including the config itself.
	Files []string
	// Upstreams are the names of the config's upstreams, sorted, as
	// [wire.Upstream].Named calls them.
	Upstreams []string
	// Notes say what differs from the place where the config is used, and what the check
	// does not test.
	Notes []adapter.Note
}

// Reading returns what is known of the config. The caller owns it.
func (g *Gateway) Reading() Reading {
	r := Reading{Kind: Kind(g.kind.Kind), File: g.file, Upstreams: slices.Clone(g.dry.Upstreams)}
	for _, s := range g.dry.Copies {
		if s.Path != "" { // else it is ours
			r.Files = append(r.Files, s.Path)
		}
	}
	r.Files = append(r.Files, g.dry.Reads...)
	slices.Sort(r.Upstreams)
	r.Upstreams = slices.Compact(r.Upstreams)
	r.Notes = slices.Concat(g.dry.Notes, g.said().Named.Notes)
	return r
}

// A Running is what is known of a gateway once it runs. The zero value is for one that
// was not started.
type Running struct {
	// Version is the version that the program prints.
	Version string
	// Substitutions are all changes in the copies of the user's files, in the order of
	// files and lines.
	Substitutions []adapter.Substitution
}

// Running returns what is known since the start. The caller owns it.
func (g *Gateway) Running() Running {
	g.mu.Lock()
	defer g.mu.Unlock()
	var r Running
	if g.plan != nil {
		r.Substitutions = slices.Clone(g.plan.Substitutions)
	}
	if g.instance != nil {
		r.Version = g.instance.Version()
	}
	return r
}

// Fix words a fix in the syntax of the gateway, with its place in the user's config.
func (g *Gateway) Fix(f policy.Fix) policy.Wording { return adapter.Word(g.config, f) }

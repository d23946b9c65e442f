package policy

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

func (c *checker) route(r *Route) {
	if r.Path.Text == "" && !c.whole {
		return
	}
	var err error
	if r.path, err = parsePath(r.Path.Text); err != nil {
		at := r.Path
		if at.Text == "" {
			at.At = r.At
		}
		c.fail(at, "%q %v", r.Path.Text, err)
		return
	}
	if r.Name.Text == "" {
		r.Name = Text{nameOfPath(r.Path.Text), r.Path.At}
	}
	c.name(r.Name.Text, r.Name.At)
	if r.Name.Text == fromDefaults {
		c.fail(r.Name, "%q is reserved for the defaults; choose another name", fromDefaults)
	}
	c.samples(r)
	c.settings(&r.Settings)
	c.word(r.CORS, []string{None})
	switch {
	case r.CORS.Text == None && r.Origins != nil:
		c.fail(r.CORS, "is set together with origins; remove one of the two")
	case r.CORS.Text == "" && r.Origins == nil && c.p.Defaults.Origins == nil:
		c.missing(r.At, "has no origins, and the defaults have none; add origins with the names of groups, or cors: none")
	}
}

func (c *checker) samples(r *Route) {
	names := r.path.names()
	for _, name := range names {
		if !slices.ContainsFunc(r.Sample, func(s Sample) bool { return s.Name == name }) {
			r.Sample = append(r.Sample, Sample{Name: name, At: r.Path.At, Value: DefaultSample})
		}
	}
	for _, s := range r.Sample {
		seg := slices.IndexFunc(r.path.segments, func(seg segment) bool { return seg.name == s.Name })
		u, err := fetch.ParseURL("https://x.test/"+s.Value, nil)
		if seg < 0 && s.Name == SampleQuery {
			if u, err := fetch.ParseURL("https://x.test/?"+s.Value, nil); err != nil || s.Value == "" || u.Query != s.Value {
				c.d.FailAt(s.At, s.Value, "%q is not a query as browsers send it; expected one such as download=1", s.Value)
			}
			continue
		}
		switch {
		case seg < 0:
			c.d.FailAt(s.At, s.Name, "is not a name in the path %q", r.Path.Text)
		case s.Value == "" || strings.Contains(s.Value, "/") && !r.path.segments[seg].rest:
			c.d.FailAt(s.At, s.Value, "is %q; expected one segment of a path", s.Value)
		case err != nil || u.Path != "/"+s.Value:
			c.d.FailAt(s.At, s.Value, "%q is not a path as browsers send it", s.Value)
		}
	}
}

// ownSamples finds samples that make a path which is another route's.
func (c *checker) ownSamples() {
	for i := range c.p.Routes {
		r := &c.p.Routes[i]
		if len(r.Sample) == 0 || r.path.segments == nil {
			continue
		}
		path := r.path.fill(r.Sample)
		for j := range c.p.Routes {
			if o := &c.p.Routes[j]; j != i && o.path.segments != nil && o.path.match(path) && o.path.before(&r.path) {
				c.d.FailAt(r.Sample[0].At, r.Sample[0].Value, "makes the path %s, which matches the route %q at %s; choose another value", path, o.Path.Text, o.Path.At)
			}
		}
	}
}

// distinctRoutes finds routes that can't be told apart.
func (c *checker) distinctRoutes() {
	shapes, names := map[string]*Route{}, map[string]*Route{}
	for i := range c.p.Routes {
		r := &c.p.Routes[i]
		if r.path.segments == nil {
			continue
		}
		if first, ok := shapes[r.path.shape()]; ok {
			c.fail(r.Path, "matches the same paths as %q at %s; remove one of the two routes", first.Path.Text, first.Path.At)
			continue
		}
		shapes[r.path.shape()] = r
		if first, ok := names[r.Name.Text]; ok {
			c.fail(r.Path, "has the name %q, as does %q at %s; choose a unique one, as in name: %s-2",
				r.Name.Text, first.Path.Text, first.Path.At, r.Name.Text)
		}
		names[r.Name.Text] = r
	}
}

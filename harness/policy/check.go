package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

// A checker finds what the types of a policy let through.
type checker struct {
	d *strict.Decoder
	p *Policy
	// whole: everything was decoded, so what isn't there is missing.
	whole bool
}

var (
	nameForm  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	tokenForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // token of RFC 9110, section 5.6.2
	envForm   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// fail notes a mistake of a word.
func (c *checker) fail(t Text, format string, args ...any) {
	c.d.FailAt(t.At, t.Text, format, args...)
}

func (c *checker) failAt(at Position, format string, args ...any) {
	c.d.FailAt(at, "", format, args...)
}

// missing notes what should be there and isn't.
func (c *checker) missing(at Position, format string, args ...any) {
	if c.whole {
		c.d.FailAt(at, "", format, args...)
	}
}

func (c *checker) check(top Position) {
	for i := range c.p.Targets {
		c.target(&c.p.Targets[i])
	}
	if len(c.p.Targets) == 0 {
		c.missing(top, "has no targets; add one, as in targets: {edge: {gateway: nginx, file: nginx.conf, url: https://api.example.com}}")
	}
	for i := range c.p.Origins {
		c.group(&c.p.Origins[i])
	}
	if len(c.p.Origins) == 0 {
		c.missing(top, "has no origins; add a group, as in origins: {shop: [https://shop.example.com]}")
	}
	c.settings(&c.p.Defaults)
	for i := range c.p.Routes {
		c.route(&c.p.Routes[i])
	}
	if len(c.p.Routes) == 0 {
		c.missing(top, "has no routes; add one, as in routes: [{path: /orders, methods: [GET]}]")
	}
	c.distinctRoutes()
	c.ownSamples()
	c.unlisted()
	for _, a := range c.p.AcceptedRisks {
		if _, known := concernByID(ConcernID(a.ID)); !known {
			c.d.FailAt(a.At, a.ID, "is not an id of the lint%s", strict.Suggestion(a.ID, concernIDs()))
		}
		if strings.TrimSpace(a.Reason) == "" {
			c.missing(a.At, "has no reason; write why the risk is accepted")
		}
	}
}

// unlisted reports what says that pages can read a 404 which the defaults don't
// make readable.
func (c *checker) unlisted() {
	t, d := c.p.Unlisted, &c.p.Defaults
	c.word(t, []string{Denied, NotFound, Unjudged})
	reads := d.ReadableErrors != nil && slices.ContainsFunc(d.ReadableErrors.Items, func(n Number) bool { return n.Number == 404 })
	switch {
	case t.Text != NotFound:
	case !reads:
		c.fail(t, "is %s, but the readable_errors of the defaults lack 404; add it there", NotFound)
	case d.Origins == nil:
		c.fail(t, "is %s, but the defaults have no origins; add origins to the defaults", NotFound)
	}
}

// word reports a word that is set and none of a closed set.
func (c *checker) word(t Text, known []string) {
	if t.Text != "" && !slices.Contains(known, t.Text) {
		c.fail(t, "is %q%s; expected \"%s\"", t.Text, strict.Suggestion(t.Text, known), strings.Join(known, `" or "`))
	}
}

func (c *checker) name(name string, at Position) {
	if !nameForm.MatchString(name) {
		c.d.FailAt(at, name, "is %q; expected a name in kebab-case, since it becomes part of case ids%s", name, instead(nameOfPath(name)))
	}
}

func (c *checker) target(t *Target) {
	c.name(t.Name, t.At)
	if t.Gateway.Text != "" && !nameForm.MatchString(t.Gateway.Text) {
		c.fail(t.Gateway, "is %q; expected a kind of gateway, such as nginx", t.Gateway.Text)
	}
	switch {
	case t.Gateway.Text != "" && t.File.Text == "":
		c.missing(t.At, "has a gateway but no file; add file: with the gateway's config")
	case t.Gateway.Text == "" && t.File.Text != "":
		c.fail(t.File, "is set without a gateway; add gateway: with its kind, such as nginx")
	}
	switch {
	case t.URL.Text != "":
	case t.URL.At.Line > 0:
		c.failAt(t.URL.At, "is empty; expected the origin that pages call, as in https://api.example.com")
		return
	default:
		c.missing(t.At, "has no url; expected the origin that pages call, as in url: https://api.example.com")
		return
	}
	u, err := fetch.ParseURL(t.URL.Text, nil)
	switch {
	case err != nil || !u.IsHTTP():
		c.fail(t.URL, "is %q; expected an http or https URL", t.URL.Text)
	case string(u.Origin()) != t.URL.Text:
		c.fail(t.URL, "is not just an origin%s; put paths in the routes", instead(string(u.Origin())))
	}
}

func (c *checker) group(g *Group) {
	c.name(g.Name, g.At)
	if len(g.Allow)+len(g.Deny) == 0 {
		c.missing(g.At, "has no origins; add one or remove the group")
	}
	seen := map[string]Position{}
	for _, list := range [][]Entry{g.Allow, g.Deny} {
		for i := range list {
			e := &list[i]
			c.entry(e)
			if first, ok := seen[e.Origin.Text]; ok {
				c.fail(e.Origin, "is already listed at %s; remove one of the two", first)
			}
			seen[e.Origin.Text] = e.Origin.At
		}
	}
	for _, e := range g.Deny {
		if e.Origin.Text == Any {
			c.fail(e.Origin, "denies every origin; write cors: none in the routes instead")
		}
	}
	c.targetNames(g.Targets)
}

func (c *checker) targetNames(l *List) {
	if l == nil {
		return
	}
	var known []string
	for _, t := range c.p.Targets {
		known = append(known, t.Name)
	}
	if len(l.Items) == 0 {
		c.failAt(l.At, "is an empty list; remove it to apply the group to every target")
	}
	c.list(l, func(t Text) {
		if !slices.Contains(known, t.Text) {
			c.fail(t, "is not a target%s; known are %s", strict.Suggestion(t.Text, known), strings.Join(known, ", "))
		}
	})
}

func (c *checker) entry(e *Entry) {
	if e.Origin.Text == "" && !c.whole {
		return
	}
	var err error
	if e.pattern, err = parsePattern(e.Origin.Text); err != nil {
		c.fail(e.Origin, "%q %v", e.Origin.Text, err)
		return
	}
	if !e.pattern.isWildcard() {
		if len(e.Examples) > 0 {
			c.fail(e.Examples[0], "is an example, but the entry has no wildcard; remove the example")
		}
		return
	}
	if len(e.Examples) == 0 {
		c.fail(e.Origin, "%q has a wildcard but no examples; write {origin: %q, examples: [%s]} with origins that it matches: every example is tested",
			e.Origin.Text, e.Origin.Text, exampleOf(&e.pattern))
	}
	for _, x := range e.Examples {
		if !e.pattern.match(x.Text) {
			c.fail(x, "%q does not match the pattern %q", x.Text, e.Origin.Text)
		}
	}
}

// exampleOf makes an origin of a pattern.
func exampleOf(p *pattern) string {
	host := strings.ReplaceAll(strings.ReplaceAll(strings.Join(p.labels, "."), "**", "a.b"), Any, "17")
	switch p.port {
	case "":
		return p.scheme + "://" + host
	case Any:
		return p.scheme + "://" + host + ":3000"
	}
	return p.scheme + "://" + host + ":" + p.port
}

// list checks each item of a list, and that none is there twice.
func (c *checker) list(l *List, item func(Text)) {
	seen := map[string]Position{}
	for _, t := range l.Items {
		if first, ok := seen[strings.ToLower(t.Text)]; ok {
			c.fail(t, "%q is already listed at %s; remove one of the two", t.Text, first)
			continue
		}
		seen[strings.ToLower(t.Text)] = t.At
		item(t)
	}
}

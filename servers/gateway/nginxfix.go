package gateway

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// word words a fix for the block that serves its route.
func (c *nginxConf) word(f policy.Fix) Wording {
	serving := c.serving(f.Route)
	block := serving
	if f.Route == "" {
		block = c.speaking(serving)
	}
	switch f.Kind {
	case policy.FixAnswerPreflight:
		return c.wording(block, "if ($request_method = OPTIONS) {\n"+indent(c.lines(block, "# each add_header of this block: an if that has one has no other"))+"\n    return 204;\n}")
	case policy.FixOneOwner:
		var lines []string
		for _, name := range f.Values {
			lines = append(lines, "proxy_hide_header "+name+";")
		}
		return c.wording(block, strings.Join(lines, "\n"))
	case policy.FixOnErrors, policy.FixOnHops:
		return c.always(block, serving)
	case policy.FixScope:
		if f.Route != "" {
			return c.wording(block, "location "+nginxLocation(f.Route)+" {")
		}
	case policy.FixAllowOrigin, policy.FixDenyOrigin:
		if w, ok := c.inIf(block, f); ok {
			return w
		}
	}
	header := fixHeaders[f.Kind]
	if header == "" {
		return c.wording(block, comment(f))
	}
	if d := c.addHeader(block, header); d != nil {
		if m := c.mapOf(d.arg(1)); m != nil {
			return c.inMap(m, f)
		}
		return c.wording(d, nginxHeader(f, header, d.arg(1)))
	}
	text := nginxHeader(f, header, "")
	if preflightOnly(f) {
		for _, d := range block.block {
			if d.name.value == "if" && d.has("return") != nil && d.has("add_header") != nil {
				return c.wording(d, text)
			}
		}
	}
	if inherited := c.lines(block, ""); inherited != "" && block.has("add_header") == nil && !strings.HasPrefix(text, "#") {
		text = "# what this block inherits, since one that has an add_header inherits none\n" + inherited + "\n" + text
	}
	return c.wording(block, text)
}

func (c *nginxConf) wording(d *nginxDirective, text string) Wording {
	if d == nil || d.name.end == 0 { // the block is ours
		return Wording{Text: text, File: c.main.name}
	}
	return Wording{Text: text, File: d.source.name, Line: d.source.line(d.name.start)}
}

// indent indents what is not empty.
func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }

// lines returns the add_header directives that hold in a block, as they are
// written; none if there are none.
func (c *nginxConf) lines(block *nginxDirective, none string) string {
	for ; block != nil; block = block.parent {
		var all []string
		for _, d := range block.block {
			if d.name.value == "add_header" {
				all = append(all, string(d.source.text[d.name.start:d.end])+";")
			}
		}
		if len(all) > 0 {
			return strings.Join(all, "\n")
		}
	}
	return none
}

// nginxHeader words one header, given the value that it has.
func nginxHeader(f policy.Fix, header, value string) string {
	switch f.Kind {
	case policy.FixMaxAge, policy.FixVary:
		return nginxAdd(header, strings.Join(f.Values, ", "))
	case policy.FixAllowCredentials:
		return nginxAdd(header, "true")
	case policy.FixForbidCredentials:
		return "# take out: add_header " + header
	case policy.FixAllowOrigin, policy.FixDenyOrigin:
		if f.Kind == policy.FixAllowOrigin && strings.Contains(value, "://") && !strings.Contains(value, "$") {
			f.Values = append([]string{value}, f.Values...) // a list has room for it
		}
		return "# in http\nmap $http_origin $cors_origin {\n    default \"\";\n" + indent(nginxOriginEntries(f, "$http_origin")) + "\n}\n# here\n" + nginxAdd(header, "$cors_origin")
	}
	list := changedList(f, value)
	switch {
	case list != "":
		return nginxAdd(header, list)
	case value != "":
		return "# take out: add_header " + header
	}
	return comment(f)
}

func nginxAdd(name, value string) string {
	if strings.ContainsAny(value, ", ") {
		value = `"` + value + `"`
	}
	return "add_header " + name + " " + value + " always;"
}

// inIf words a fix of origins for an if that looks at the origin.
func (c *nginxConf) inIf(block *nginxDirective, f policy.Fix) (Wording, bool) {
	for b := block; b != nil; b = b.parent {
		for _, d := range b.block {
			if d.name.value != "if" || len(d.args) == 0 || !strings.Contains(d.arg(0), "$http_origin") {
				continue
			}
			if f.Kind == policy.FixDenyOrigin {
				return c.wording(d, "# whole origins: ~ and not ~*, ^ in front, $ behind, a \\ before each dot, so that these don't match: "+strings.Join(f.Values, ", ")), true
			}
			var patterns []string
			for _, origin := range f.Values {
				patterns = append(patterns, regexp.QuoteMeta(origin))
			}
			return c.wording(d, "# the expression has to match ^"+strings.Join(patterns, "|")+"$ too"), true
		}
	}
	return Wording{}, false
}

// nginxOriginEntries are entries of a map on $http_origin. A map compares strings
// without case, so they are anchored expressions.
func nginxOriginEntries(f policy.Fix, to string) string {
	if f.Kind == policy.FixDenyOrigin {
		return `# whole origins alone, as in "~^https://app\.example\.com$", so that these don't match: ` + strings.Join(f.Values, ", ")
	}
	var entries []string
	for _, origin := range f.Values {
		entries = append(entries, fmt.Sprintf(`"~^%s$" %s;`, regexp.QuoteMeta(origin), to))
	}
	return strings.Join(entries, "\n")
}

// inMap words a fix for the map that a header's value comes from.
func (c *nginxConf) inMap(m *nginxDirective, f policy.Fix) Wording {
	if f.Kind != policy.FixAllowOrigin && f.Kind != policy.FixDenyOrigin {
		return c.wording(m, "# in this map: "+f.String())
	}
	if origins := c.originMap(m, 0); origins != nil {
		to := "$http_origin"
		for _, entry := range origins.block {
			if entry.name.value != "default" && entry.arg(0) != "" {
				to = entry.arg(0)
				break
			}
		}
		at := origins
		if entry := nginxEntry(origins, f.Values); f.Kind == policy.FixDenyOrigin && entry != nil {
			at = entry
		}
		return c.wording(at, nginxOriginEntries(f, to))
	}
	return c.wording(m, "# in this map: "+f.String())
}

// nginxEntry returns the entry of a map of origins that matches one of them by an
// expression; nil if none does, or Go can't tell.
func nginxEntry(origins *nginxDirective, values []string) *nginxDirective {
	for _, entry := range origins.block {
		pattern, ok := strings.CutPrefix(entry.name.value, "~")
		if !ok {
			continue
		}
		if insensitive, ok := strings.CutPrefix(pattern, "*"); ok {
			pattern = "(?i)" + insensitive
		}
		expression, err := regexp.Compile(pattern)
		if err == nil && slices.ContainsFunc(values, expression.MatchString) {
			return entry
		}
	}
	return nil
}

// speaking returns the block, if it has an add_header of the CORS protocol or
// inherits one; else the first block in it that has one.
func (c *nginxConf) speaking(block *nginxDirective) *nginxDirective {
	speaks := func(b *nginxDirective) bool {
		return slices.ContainsFunc(b.block, func(d *nginxDirective) bool {
			return d.name.value == "add_header" && strings.HasPrefix(strings.ToLower(d.arg(0)), "access-control-")
		})
	}
	for b := block; b != nil; b = b.parent {
		if speaks(b) {
			return block
		}
	}
	found := block
	if block != nil {
		nginxEach(block.block, func(d *nginxDirective) {
			if found == block && d.name.value == "location" && speaks(d) {
				found = d
			}
		})
	}
	return found
}

// mapOf returns the map that sets a variable; nil if the value is none's.
func (c *nginxConf) mapOf(value string) *nginxDirective {
	var found *nginxDirective
	nginxEach(c.top, func(d *nginxDirective) {
		if d.name.value == "map" && d.open && len(d.args) == 2 && d.arg(1) == value {
			found = d
		}
	})
	return found
}

// originMap returns the map that looks at the origin itself, of those that lead
// to m.
func (c *nginxConf) originMap(m *nginxDirective, depth int) *nginxDirective {
	if m == nil || depth == nginxDepth || strings.Contains(m.arg(0), "$http_origin") {
		return m
	}
	for _, v := range nginxVariable.FindAllString(m.arg(0), -1) {
		if before := c.mapOf(v); before != nil {
			if found := c.originMap(before, depth+1); found != nil && strings.Contains(found.arg(0), "$http_origin") {
				return found
			}
		}
	}
	return nil
}

// addHeader returns the add_header of a name that holds in a block: its own, an
// if's in it, or, if it has none at all, what it inherits.
func (c *nginxConf) addHeader(block *nginxDirective, name string) *nginxDirective {
	for ; block != nil; block = block.parent {
		var found *nginxDirective
		any := false
		nginxEach(block.block, func(d *nginxDirective) {
			if d.name.value != "add_header" || d.parent != block && !(d.in("if") && d.parent.parent == block) {
				return
			}
			any = true
			if found == nil && strings.EqualFold(d.arg(0), name) {
				found = d
			}
		})
		if any {
			return found
		}
	}
	return nil
}

// always words that the headers of a block are to be sent on every status; if they
// are already, that those of where it is served from are.
func (c *nginxConf) always(block, serving *nginxDirective) Wording {
	for b := block; b != nil; b = b.parent {
		var lines []string
		var first *nginxDirective
		for _, d := range b.block {
			if d.name.value != "add_header" || !strings.HasPrefix(strings.ToLower(d.arg(0)), "access-control-") || d.arg(2) == "always" {
				continue
			}
			if first == nil {
				first = d
			}
			lines = append(lines, nginxAdd(d.arg(0), d.arg(1)))
		}
		if first != nil {
			return c.wording(first, strings.Join(lines, "\n"))
		}
	}
	return c.wording(serving, "# each add_header of Access-Control-* here, with \"always\", and in the location that error_page leads to")
}

// nginxLocation is the location that has a route's path, and no other.
func nginxLocation(route string) string {
	if !strings.Contains(route, "{") {
		return "= " + route
	}
	return "~ ^" + routePattern(route) + "$"
}

// serving returns the location that serves a route, else the server, else the
// http block. Of several servers it is the first that has a location for it.
func (c *nginxConf) serving(route string) *nginxDirective {
	var http, server, location *nginxDirective
	nginxEach(c.top, func(d *nginxDirective) {
		switch {
		case d.name.value == "http" && http == nil:
			http = d
		case d.name.value == "server" && d.open && d.in("http"):
			found := nginxMatch(d.block, routeSample(route))
			if server == nil || location == nil && found != nil || server.has("location") == nil {
				server, location = d, found
			}
		}
	})
	switch {
	case location != nil && route != "":
		return location
	case server != nil:
		return server
	}
	return http
}

// nginxMatch picks the location for a path as nginx does:
// https://nginx.org/en/docs/http/ngx_http_core_module.html#location.
func nginxMatch(block []*nginxDirective, path string) *nginxDirective {
	var best *nginxDirective
	length, final := -1, false
	for _, d := range block {
		if d.name.value != "location" || len(d.args) == 0 {
			continue
		}
		modifier, prefix := "", d.arg(0)
		if len(d.args) > 1 {
			modifier, prefix = d.arg(0), d.arg(1)
		}
		switch {
		case modifier == "=" && prefix == path:
			return d
		case (modifier == "" || modifier == "^~") && !strings.HasPrefix(prefix, "@") && strings.HasPrefix(path, prefix) && len(prefix) > length:
			best, length, final = d, len(prefix), modifier == "^~"
		}
	}
	if final {
		return best
	}
	for _, d := range block {
		if d.name.value != "location" || len(d.args) < 2 || !strings.HasPrefix(d.arg(0), "~") {
			continue
		}
		pattern := d.arg(1)
		if d.arg(0) == "~*" {
			pattern = "(?i)" + pattern
		}
		if expression, err := regexp.Compile(pattern); err == nil && expression.MatchString(path) { // PCRE knows more
			return d
		}
	}
	return best
}

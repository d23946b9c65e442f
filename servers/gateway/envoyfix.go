package gateway

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
)

// envoyFields are the fields of a CorsPolicy that fixes of a kind change:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/cors/v3/cors.proto.
var envoyFields = map[policy.FixKind]string{
	policy.FixAllowMethod: "allow_methods", policy.FixDenyMethod: "allow_methods",
	policy.FixAllowHeader: "allow_headers", policy.FixDenyHeader: "allow_headers",
	policy.FixExpose: "expose_headers", policy.FixHide: "expose_headers",
	policy.FixMaxAge:      "max_age",
	policy.FixAllowOrigin: "allow_origin_string_match", policy.FixDenyOrigin: "allow_origin_string_match",
	policy.FixAllowCredentials: "allow_credentials", policy.FixForbidCredentials: "allow_credentials",
}

const envoyCors = "envoy.filters.http.cors"

// word words a fix for the route, or the virtual host, that has the fix's path.
func (c *envoyConf) word(f policy.Fix) Wording {
	at := c.serving(f.Route)
	switch f.Kind {
	case policy.FixVary:
		return c.wording(at.host, "response_headers_to_add:\n  - header: {key: vary, value: "+strconv.Quote(strings.Join(f.Values, ", "))+"}\n    append_action: APPEND_IF_EXISTS_OR_ADD")
	case policy.FixOneOwner:
		return c.wording(at.host, "response_headers_to_remove: ["+strings.ToLower(strings.Join(f.Values, ", "))+"]")
	case policy.FixScope:
		if match := c.file.field(at.route, "match"); match != nil && f.Route != "" {
			return c.wording(match, "match: "+envoyMatch(f.Route))
		}
	case policy.FixAnswerPreflight, policy.FixOnErrors:
		return c.wordFilter(at)
	case policy.FixOnHops:
		return c.wording(at.route, "# the cors filter leaves out redirects that Envoy makes: let the route add what it doesn't\n"+
			"response_headers_to_add:\n  - header: {key: access-control-allow-origin, value: \"%REQ(origin)%\"}")
	}
	field := envoyFields[f.Kind]
	if field == "" {
		return c.wording(at.route, comment(f))
	}
	cors := c.cors(at.route)
	if cors == nil {
		cors = c.cors(at.host)
	}
	if cors == nil {
		return c.wording(at.route, envoyPolicy(envoyField(f, "")))
	}
	if e := c.file.field(cors.Value, field); e != nil {
		return c.wording(e, envoyField(f, c.file.text(e.Value)))
	}
	return c.wording(cors, envoyField(f, ""))
}

// wordFilter words that the cors filter has to be there, first of all, and has to
// have a policy on the route.
func (c *envoyConf) wordFilter(at envoyServing) Wording {
	filters := c.file.items(c.file.value(at.manager, "http_filters"))
	isCors := func(n ast.Node) bool {
		return c.file.text(n, "name") == envoyCors || strings.HasSuffix(c.file.text(n, "typed_config", "@type"), ".cors.v3.Cors")
	}
	const onRoute = "on a route to a cluster: the filter leaves direct_response and redirect out"
	switch i := slices.IndexFunc(filters, isCors); {
	case i == 0:
		return c.wording(at.route, "# "+onRoute+"\n"+envoyPolicy("allow_origin_string_match: [] # and the rest"))
	case i > 0:
		return c.wording(filters[i], "# first of http_filters, before what answers by itself")
	}
	return c.wording(c.file.field(at.manager, "http_filters"), "# first of http_filters\n- name: "+envoyCors+
		"\n  typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}\n# "+onRoute+"\n"+envoyPolicy("allow_origin_string_match: [] # and the rest"))
}

// envoyField words one field of a CorsPolicy, given its value.
func envoyField(f policy.Fix, value string) string {
	field := envoyFields[f.Kind]
	switch f.Kind {
	case policy.FixMaxAge:
		return field + ": " + strconv.Quote(strings.Join(f.Values, ""))
	case policy.FixAllowCredentials:
		return field + ": true"
	case policy.FixForbidCredentials: // left out it would be the virtual host's
		return field + ": false"
	case policy.FixAllowOrigin:
		text := field + ":"
		for _, origin := range f.Values {
			text += "\n  - exact: " + origin
		}
		return text
	case policy.FixDenyOrigin:
		return field + ": # exact, or safe_regex of the whole origin, so that these don't match: " + strings.Join(f.Values, ", ")
	}
	switch list := changedList(f, value); {
	case list != "":
		return field + ": " + list
	case value != "":
		return field + `: ""`
	}
	return comment(f)
}

// envoyPolicy words a CorsPolicy with these fields.
func envoyPolicy(fields string) string {
	return "typed_per_filter_config:\n  " + envoyCors + ":\n    \"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy\n" + indent(fields)
}

func (c *envoyConf) wording(n ast.Node, text string) Wording {
	w := Wording{Text: text, File: c.file.source.name}
	switch t := n.(type) {
	case *ast.MappingValueNode:
		if t != nil {
			w.Line = t.Key.GetToken().Position.Line
		}
	case nil:
	default:
		w.Line = c.file.source.line(c.file.start(n))
	}
	return w
}

// cors returns the CorsPolicy of a route or a virtual host.
func (c *envoyConf) cors(n ast.Node) *ast.MappingValueNode {
	if e := c.file.field(n, "typed_per_filter_config", envoyCors); e != nil {
		return e
	}
	if e := c.file.field(n, "route", "cors"); e != nil {
		return e
	}
	return c.file.field(n, "cors")
}

// An envoyServing is where a path is served: the connection manager, a virtual
// host of its, and a route of that, or the virtual host again.
type envoyServing struct{ manager, host, route ast.Node }

// serving finds where a path is served. Of several places it is the first with a
// route to a cluster, else the first that answers by itself, else the first that
// redirects. Without a path it is the virtual host that such a route is in.
func (c *envoyConf) serving(path string) envoyServing {
	var best envoyServing
	most := 0
	r := &envoyRewrite{conf: c, f: c.file}
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		for _, host := range c.file.items(c.file.value(e.Value, "route_config", "virtual_hosts")) {
			if most == 0 {
				best = envoyServing{e.Value, host, host}
				most = 1
			}
			for _, route := range c.file.items(c.file.value(host, "routes")) {
				if path != "" && !envoyMatches(c.file, c.file.value(route, "match"), routeSample(path)) {
					continue
				}
				rank := 2
				if c.file.field(route, "direct_response") != nil {
					rank = 3
				} else if c.file.field(route, "route") != nil {
					rank = 4
				}
				if rank > most {
					best, most = envoyServing{e.Value, host, route}, rank
				}
				break
			}
		}
	})
	if path == "" {
		best.route = best.host
	}
	return best
}

// envoyMatches reports whether a route's match has the path, whatever else it
// asks for.
func envoyMatches(f *yamlFile, match ast.Node, path string) bool {
	if p := f.field(match, "path"); p != nil {
		return f.text(p.Value) == path
	}
	if p := f.field(match, "prefix"); p != nil {
		return strings.HasPrefix(path, f.text(p.Value))
	}
	if p := f.field(match, "path_separated_prefix"); p != nil {
		prefix := f.text(p.Value)
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	if p := f.field(match, "safe_regex", "regex"); p != nil {
		expression, err := regexp.Compile("^(?:" + f.text(p.Value) + ")$") // RE2, as Envoy's
		return err == nil && expression.MatchString(path)
	}
	return false
}

// envoyMatch is the match that has a route's path, and no other.
func envoyMatch(route string) string {
	if !strings.Contains(route, "{") {
		return "{path: " + route + "}"
	}
	return "{safe_regex: {regex: " + strconv.Quote(routePattern(route)) + "}}"
}

package envoy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

var (
	// twice is the line of the log, or lines, with which Envoy says that it ends
	// because of a config; the words themselves follow on a line of their own.
	twice = regexp.MustCompile("(?s)\\[[^\\]\n]*\\]\\[\\d+\\]\\[critical\\]\\[main\\] \\[[^\\]\n]*\\] error `.*?` initializing config '[^\n]*(?:\n [^\n]*)*'\n")
	// dump is the whole config, on one line, after the reason.
	dump = regexp.MustCompile(`(?m)\): \{.*$`)
	// envoyAt is where in the config the reason is, as in "@ a.b[1].c.<any>: ".
	envoyAt = regexp.MustCompile(`@[\s\x{a0}]+([a-z_0-9.\[\]<>]+):`)
	unknown = regexp.MustCompile(`no such field: '([^']+)'`)
)

// tell makes of what Envoy said its reason, once, with the lines of the config that
// it is about.
func (c *conf) tell(text string) string {
	if once := twice.ReplaceAllString(text, ""); once != text && strings.TrimSpace(once) != "" {
		text = once
	}
	text = dump.ReplaceAllString(text, ")")
	at := envoyAt.FindStringSubmatch(text)
	if at == nil {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if envoyAt.MatchString(line) {
			lines[i] = strings.Join(strings.Fields(line), " ")
		}
	}
	text = strings.Join(lines, "\n")
	n := c.follow(at[1])
	if n == nil {
		return text
	}
	place := c.file.start(n)
	if field := unknown.FindStringSubmatch(text); field != nil {
		if e := c.file.field(n, field[1]); e != nil {
			place = c.file.start(e)
		}
	}
	text += "\nat: " + c.file.source.At(place)
	r := &rewrite{conf: c, f: c.file}
	r.each(n, func(e *ast.MappingValueNode) {
		if yamlKey(e) == "<<" {
			text += fmt.Sprintf("\n%s: Envoy does not support merge keys (<<): replace this one with the fields of %s", c.file.source.At(c.file.start(e)), adapter.OneLine(e.Value.String()))
		}
	})
	return text
}

// follow returns the node that a path of Envoy's leads to, as far as it does.
func (c *conf) follow(path string) ast.Node {
	n := c.file.root
	for part := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(part, "[")
		if name == "<any>" {
			continue // what a typed_config holds
		}
		e := c.file.field(n, name)
		if e == nil {
			return n
		}
		n = e.Value
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if err != nil {
			continue
		}
		if items := c.file.items(n); i < len(items) {
			n = items[i]
		} else if fields := slices.Clone(c.file.fields(n)); len(fields) == 1 {
			n = fields[0].Value // of a map, whose order is Envoy's own
		} else {
			return n
		}
	}
	return n
}

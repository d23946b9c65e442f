package nginx

import (
	"strings"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// listed returns the names in the values that a header of the config's may have: as they
// are written, or as maps and set give them to a variable.
func (c *conf) listed(header string) []string {
	var names []string
	var variables []string
	value := func(text string) {
		names = adapter.Listed(names, text)
		if i := strings.IndexByte(text, '$'); i >= 0 {
			variables = append(variables, strings.Trim(strings.Trim(text[i:], "${}"), " "))
		}
	}
	each(c.top, func(d *directive) {
		if !d.data() && d.name.value == "add_header" && strings.EqualFold(d.arg(0), header) {
			value(d.arg(1))
		}
	})
	for i := 0; i < len(variables) && i < nginxDepth; i++ {
		name := "$" + variables[i]
		each(c.top, func(d *directive) {
			switch {
			case d.data() && d.in("map") && d.parent.arg(1) == name:
				value(d.arg(0))
			case d.name.value == "set" && d.arg(0) == name:
				value(d.arg(1))
			}
		})
	}
	return names
}

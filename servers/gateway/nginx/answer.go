package nginx

import (
	"slices"
	"strconv"
	"strings"
)

// answer is which block answers a request, as far as the config says it.
type answer struct {
	conf  *conf
	asked nginxAsked

	server   *directive
	location *directive // nil if no location has the path
	// block is the one whose settings hold for the answer: an if, a location or the
	// server.
	block *directive
	// by is the return or rewrite that answers; nil if the content's handler does.
	by *directive
	// status is what by says; 0 without it.
	status int
	// errorPage is the error_page that led here; nil if none did.
	errorPage *directive

	vars  map[string]set
	moved bool   // what ran last has rewritten the path, so that its location isn't the one
	doubt string // why it can't be told; empty if it can
}

// set is the value of a variable and the directive that set it.
type set struct {
	value string
	sure  bool
	by    *directive
}

// answer finds what answers a request.
func (c *conf) answer(asked nginxAsked) *answer {
	a := &answer{conf: c, asked: asked, vars: map[string]set{}}
	var unknown *directive
	if a.server, unknown = c.server(asked); unknown != nil {
		a.doubt = "the names of " + unknown.at()
	}
	if a.server == nil {
		a.doubt = "no server"
		return a
	}
	a.search(0)
	a.errors()
	return a
}

// search runs what rewrites in the server, and finds the location, as nginx does for
// a request and again for what an internal redirect leads to.
func (a *answer) search(times int) {
	a.location, a.block = nil, a.server
	if a.run(a.server) != answers {
		a.locate(times)
	}
}

// locate finds the location and runs what rewrites there.
func (a *answer) locate(times int) {
	if a.goesRound(times) {
		return
	}
	found, _, unknown := located(a.server, a.asked.path)
	if unknown != nil {
		a.doubt = "the expression of " + unknown.at()
	}
	if a.location, a.block = found, found; found == nil {
		a.block = a.server
		a.tryFiles(times)
		return
	}
	if a.asked.status == 413 && !a.asked.fromUpstream {
		return // that the body is too long is seen first
	}
	if limit := a.location.has("limit_except"); limit != nil && !excepts(limit, a.asked.method) {
		a.block = limit // and what the location rewrites is not run
		return
	}
	a.enter(found, times)
}

// enter runs what rewrites in a location, and goes where that leads.
func (a *answer) enter(location *directive, times int) {
	if a.goesRound(times) {
		return
	}
	a.location, a.block, a.moved = location, location, false
	switch {
	case a.run(location) == answers:
	case a.moved:
		a.locate(times + 1)
	default:
		a.tryFiles(times)
	}
}

// goesRound reports whether a search led on so often that nginx would give it up.
func (a *answer) goesRound(times int) bool {
	if times > 10 {
		a.doubt = "a rewrite or a try_files that goes round"
	}
	return times > 10
}

// excepts reports whether a limit_except lets a method through.
func excepts(d *directive, method string) bool {
	return slices.ContainsFunc(d.args, func(w word) bool {
		return strings.EqualFold(w.value, method) || strings.EqualFold(w.value, "GET") && method == "HEAD"
	})
}

// An ending is how the directives of a block end.
type ending int

const (
	goesOn  ending = iota // there is none left
	stops                 // at a last or a break: the rest isn't run
	answers               // at a return or a redirect
)

// run runs the rewrite module's directives of a block in their order:
// https://nginx.org/en/docs/http/ngx_http_rewrite_module.html.
func (a *answer) run(block *directive) ending {
	for _, d := range block.block {
		ending := goesOn
		switch d.name.value {
		case "set":
			if len(d.args) == 2 {
				value, sure := a.value(d.arg(1))
				a.vars[strings.TrimPrefix(d.arg(0), "$")] = set{value, sure, d}
			}
		case "if":
			holds, sure := a.holds(d)
			if !sure {
				a.doubt = "the condition of " + d.at()
			}
			if !holds {
				continue
			}
			if block.name.value != "server" {
				a.block = d
			}
			ending = a.run(d)
		case "return":
			a.by, ending = d, answers
			if a.status, _ = strconv.Atoi(d.arg(0)); a.status == 0 {
				a.status = 302
			}
		case "rewrite":
			ending = a.rewrite(d)
		case "break":
			a.moved, ending = false, stops
		}
		if ending != goesOn {
			return ending
		}
	}
	return goesOn
}

// nginxElsewhere are what a replacement begins with that is a redirect.
var nginxElsewhere = []string{"http://", "https://", "$scheme"}

func (a *answer) rewrite(d *directive) ending {
	expression := nginxExpression(d.arg(0))
	if expression == nil {
		a.doubt = "the expression of " + d.at()
		return goesOn
	}
	groups := expression.FindStringSubmatch(a.asked.path)
	if groups == nil {
		return goesOn
	}
	flag := d.arg(2)
	elsewhere := slices.ContainsFunc(nginxElsewhere, func(begin string) bool { return strings.HasPrefix(d.arg(1), begin) })
	if elsewhere || flag == "permanent" || flag == "redirect" {
		a.by, a.status = d, 302
		if flag == "permanent" {
			a.status = 301
		}
		return answers
	}
	to, _, _ := strings.Cut(d.arg(1), "?")
	for i, g := range slices.Backward(groups) {
		to = strings.ReplaceAll(to, "$"+strconv.Itoa(i), g)
	}
	var sure bool
	if a.asked.path, sure = a.value(to); !sure {
		a.doubt = "the path of " + d.at()
	}
	a.moved = flag != "break"
	if flag == "last" || flag == "break" {
		return stops
	}
	return goesOn
}

// holds reports whether the condition of an if holds.
func (a *answer) holds(d *directive) (holds, sure bool) {
	words := nginxCondition(d)
	if len(words) == 0 {
		return false, false
	}
	left, sure := a.value(words[0])
	switch {
	case !sure:
		return false, false
	case len(words) == 1:
		return left != "" && left != "0", strings.HasPrefix(words[0], "$")
	case len(words) != 3:
		return false, false
	}
	operator := words[1]
	if operator == "=" || operator == "!=" {
		right, sure := a.value(words[2])
		return (left == right) == (operator == "="), sure
	}
	pattern, negated := strings.CutPrefix(operator, "!")
	pattern, isExpression := strings.CutPrefix(pattern, "~")
	expression := nginxExpression(pattern + words[2])
	if !isExpression || expression == nil {
		return false, false
	}
	return expression.MatchString(left) != negated, true
}

// nginxCondition returns the words of an if's condition, without the brackets
// around it.
func nginxCondition(d *directive) []string {
	var words []string
	for i, w := range d.args {
		v := w.value
		if i == 0 && !w.quoted {
			v = strings.TrimPrefix(v, "(")
		}
		if i == len(d.args)-1 && !w.quoted {
			v = strings.TrimSuffix(v, ")")
		}
		if v != "" || w.quoted {
			words = append(words, v)
		}
	}
	return words
}

// errors follows an error_page, if the answer is an error that nginx made, or one of the
// upstream's that it intercepts:
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_intercept_errors.
func (a *answer) errors() {
	if a.by != nil && (a.status < 300 || a.by.name.value != "try_files" && len(a.by.args) > 1) || a.block == nil {
		return
	}
	if a.asked.fromUpstream && (a.asked.status < 300 || !intercepts(a.block)) {
		return
	}
	codes := []int{a.status}
	if a.by == nil {
		if a.asked.status < 300 {
			return
		}
		codes = []int{a.asked.status, 502, 504, 503, 500, 413, 404}
	}
	for _, code := range codes {
		page := a.page(code)
		if page == nil {
			continue
		}
		if there := a.follow(page, code); a.by != nil || there.status == 0 && code == a.asked.status || there.status == a.asked.status {
			*a = *there
			return
		}
	}
}

// intercepts reports whether the upstream's errors in a block get nginx's own pages.
func intercepts(b *directive) bool {
	for ; b != nil; b = b.parent {
		if d := b.has("proxy_intercept_errors"); d != nil {
			return d.arg(0) == "on"
		}
	}
	return false
}

// page returns the error_page for a status.
func (a *answer) page(code int) *directive {
	text := strconv.Itoa(code)
	for b := a.block; b != nil; b = b.parent {
		if b.has("error_page") == nil {
			continue
		}
		for _, d := range b.block {
			if d.name.value == "error_page" && slices.ContainsFunc(d.args[:max(len(d.args)-1, 0)], func(w word) bool { return w.value == text }) {
				return d
			}
		}
		return nil
	}
	return nil
}

// follow returns what answers in the place that an error_page leads to.
func (a *answer) follow(page *directive, code int) *answer {
	to := page.arg(len(page.args) - 1)
	there := *a
	there.errorPage, there.by, there.status, there.block = page, nil, 0, a.server
	there.vars = map[string]set{}
	for name, v := range a.vars {
		there.vars[name] = v
	}
	if strings.HasPrefix(to, "@") {
		there.name(to, 0)
	} else if strings.HasPrefix(to, "/") {
		there.asked.method, there.asked.status = "GET", code
		there.asked.path, _ = a.value(to)
		there.search(0)
		there.asked.status = a.asked.status
	} else {
		there.by, there.status = page, 302
		return &there
	}
	if there.by == nil {
		return &there
	}
	// The error's own status stands, unless the error_page says otherwise.
	status, other := strings.CutPrefix(page.arg(len(page.args)-2), "=")
	switch n, _ := strconv.Atoi(status); {
	case !other:
		there.status = code
	case n > 0:
		there.status = n
	}
	return &there
}

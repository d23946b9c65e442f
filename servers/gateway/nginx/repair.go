package nginx

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A repair looks for changes of a config after which the answers that a fix
// shows are what the policy calls for, as far as the config says it, and no other
// answer is worse. It tries what people would do, one place after the other, and
// answers the requests again after each.
type repair struct {
	fix    policy.Fix
	shown  []shown
	probes []shown // requests that are right, or wrong for another reason
	before []fault // of the probes, by header
}

// A shown is an answer that was given, and what is wrong about it.
type shown struct {
	wanted
	asked nginxAsked
	wrong map[string]bool     // by header, as it was sent, and "status"
	extra map[string][]string // lines that came from the upstream
	hid   []string            // names in the upstream's Vary that didn't come
}

// A problem is what is wrong about an answer.
type problem struct {
	shown  int
	header string // or status
}

// What can be wrong beside the lines of a header.
const (
	status       = "status"
	login        = "login"   // a page is sent to another host, where it can't follow
	hiddenPrefix = "hidden " // before a header's name: the upstream's doesn't come through
)

// steps bounds how many places a repair changes.
const steps = 24

// probes bounds for how many answers a repair sees that they are no worse.
const probes = 300

// repair returns the changed config; nil if there is no change of which it is
// certain. at are the blocks whose answers are wrong.
func (c *conf) repair(f policy.Fix) (patch *nginxPatch, at []*directive) {
	r := &repair{fix: f}
	sure := r.show(c)
	pages := map[*directive]bool{} // of errors
	for _, s := range r.shown {
		a := c.answer(s.asked)
		if a.block != nil && !slices.Contains(at, a.block) {
			at = append(at, a.block)
		}
		pages[a.block] = pages[a.block] || a.errorPage != nil
	}
	// A page of errors answers for all blocks that lead there.
	slices.SortStableFunc(at, func(a, b *directive) int { return boolRank(pages[b]) - boolRank(pages[a]) })
	if !sure {
		return nil, at
	}
	r.probe(c)
	only := r.shown
	if r.shown = append(slices.Clone(only), r.preflights(c)...); len(r.shown) > len(only) {
		if patch = r.run(c); patch != nil {
			return patch, at
		}
	}
	r.shown = only
	return r.run(c), at
}

func boolRank(is bool) int {
	if is {
		return 1
	}
	return 0
}

// run makes one change after the other until nothing is wrong any more; nil if that
// can't be had.
func (r *repair) run(c *conf) *nginxPatch {
	patch := newNginxPatch(c)
	problems, sure := r.problems(c)
	for range steps {
		if !sure || len(problems) == 0 {
			break
		}
		next := r.step(patch, problems)
		if next == nil {
			return nil
		}
		patch = next
		problems, sure = r.problems(patch.conf)
	}
	if !sure || len(problems) > 0 || patch.conf == c || !r.noWorse(patch.conf) {
		return nil
	}
	return patch
}

// preflights are those of the shown requests that the config answers wrongly, too:
// whoever has the same mistake in two places means to mend both.
func (r *repair) preflights(c *conf) []shown {
	var out []shown
	seen := map[string]bool{}
	for _, s := range r.shown {
		kind := s.Origin() + " " + s.asked.path
		if fixHeaders[r.fix.Kind] != allowOrigin || s.Preflight || s.Origin() == "" || s.on == nil || len(s.on.Methods.Names) == 0 || seen[kind] {
			continue
		}
		seen[kind] = true
		one := s.with(s.Origin())
		one.Method, one.Preflight, one.Status = http.MethodOptions, true, http.StatusNoContent
		one.Request = append(one.Request, fetch.Header{"Access-Control-Request-Method", s.on.Methods.Names[0].Text})
		asked, _ := askedOf(&one.Shown)
		too := shown{wanted: one, asked: asked, wrong: map[string]bool{allowOrigin: true}}
		a := c.answer(asked)
		if lines, sure := too.lines(a, allowOrigin); sure && a.by != nil && a.status < 300 && one.fault(allowOrigin, lines, nil) != faultless {
			out = append(out, too)
		}
	}
	return out
}

// show reads what the fix shows; false if the config doesn't say why an answer is
// as it is.
func (r *repair) show(c *conf) bool {
	sure := true
	for _, one := range r.fix.Shown {
		asked, ok := askedOf(&one)
		if !ok || one.Status == 0 {
			continue
		}
		s := shown{wanted: wantedOf(r.fix.View, one), asked: asked, wrong: map[string]bool{}, extra: map[string][]string{}}
		origins := one.Answer.Lines(allowOrigin)
		for _, header := range corsHeaders {
			s.wrong[header] = s.fault(header, one.Answer.Lines(header), origins) != faultless
		}
		preflightOK := one.Status >= 200 && one.Status < 300 && !(r.fix.Kind == policy.FixAnswerPreflight && one.FromUpstream)
		s.wrong[status] = s.goesThrough() && !preflightOK
		if all := s.wrong[status] || s.wrong[allowOrigin] && len(origins) == 0; !all {
			for _, header := range []string{exposeHeaders, maxAge, vary} { // they have fixes of their own
				s.wrong[header] = s.wrong[header] && fixHeaders[r.fix.Kind] == header
			}
		}
		if r.fix.Kind == policy.FixVary {
			for _, name := range r.fix.Values {
				if !strings.EqualFold(name, "Origin") && !hasItem(one.Answer.Lines(vary), name, strings.EqualFold) {
					s.hid = append(s.hid, name)
				}
			}
		}
		a := c.answer(asked)
		s.wrong[login] = r.fix.Kind == policy.FixAnswerPreflight && !one.Preflight && leaves(a.by)
		sure = s.explain(a) && sure
		r.shown = append(r.shown, s)
	}
	// What is right where somebody may read may be right elsewhere, too.
	slices.SortStableFunc(r.shown, func(a, b shown) int { return a.rank() - b.rank() })
	return sure && len(r.shown) > 0
}

// rank is lower if some origin may read.
func (s *shown) rank() int {
	if s.on == nil || s.on.None != nil {
		return 1
	}
	return 0
}

// explain compares the lines that came with those that the config adds. What is
// more came from the upstream, if that sent it.
func (s *shown) explain(a *answer) bool {
	if a.doubt != "" || a.by != nil && a.status != s.Status || a.conf.changesHeaders() {
		return false
	}
	for _, header := range corsHeaders {
		if !s.wrong[header] {
			continue
		}
		lines, sure := a.lines(header)
		var own []string
		for _, l := range lines {
			own = append(own, l.value)
		}
		came, all := without(s.Answer.Lines(header), own)
		if header == vary {
			came = a.withoutGzip(came)
		}
		_, sent := without(s.Upstream.Lines(header), came)
		if !sure || !all || !sent || len(came) > 0 && a.by != nil {
			return false
		}
		s.extra[header] = came
	}
	return true
}

// without takes some lines out of others, each once; all is false if one isn't there.
func without(lines, some []string) (rest []string, all bool) {
	rest, all = slices.Clone(lines), true
	for _, line := range some {
		i := slices.Index(rest, line)
		if i < 0 {
			all = false
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return rest, all
}

// lines are those of a header that the answer would have.
func (s *shown) lines(a *answer, header string) (values []string, sure bool) {
	own, sure := a.lines(header)
	if a.by == nil && len(a.inEffect("proxy_hide_header", header)) == 0 {
		values = slices.Clone(s.extra[header])
	}
	for _, l := range own {
		values = append(values, l.value)
	}
	return values, sure
}

// problems returns what is wrong about the shown answers; false if that can't be
// told.
func (r *repair) problems(c *conf) (out []problem, sure bool) {
	for i := range r.shown {
		s := &r.shown[i]
		a := c.answer(s.asked)
		if a.doubt != "" {
			return nil, false
		}
		if s.wrong[status] && (a.by == nil || a.status < 200 || a.status > 299) {
			out = append(out, problem{i, status})
			continue
		}
		if s.wrong[login] && leaves(a.by) {
			out = append(out, problem{i, login})
		}
		origins, _ := s.lines(a, allowOrigin)
		for _, header := range corsHeaders {
			if !s.wrong[header] && !s.wrong[status] {
				continue
			}
			values, sure := s.lines(a, header)
			if !sure {
				return nil, false
			}
			if s.fault(header, values, origins) != faultless {
				out = append(out, problem{i, header})
			}
		}
		if len(s.hid) > 0 && len(a.inEffect("proxy_hide_header", vary)) > 0 {
			out = append(out, problem{i, hiddenPrefix + vary})
		}
	}
	return out, true
}

// step returns the patch with the first problem solved; nil if nothing does it.
func (r *repair) step(patch *nginxPatch, problems []problem) *nginxPatch {
	// What lacks an origin lacks the rest, too.
	first := problems[max(slices.IndexFunc(problems, func(p problem) bool {
		return p.header == status || p.header == login || p.header == allowOrigin
	}), 0)]
	for _, edits := range r.candidates(patch.conf, first) {
		next := patch.with(edits...)
		if next == nil {
			continue
		}
		left, sure := r.problems(next.conf)
		better := len(left) < len(problems) || first.header == status
		if sure && better && !slices.Contains(left, first) && r.noWorse(next.conf) {
			return next
		}
	}
	return nil
}

// candidates are what may solve a problem, the likeliest first.
func (r *repair) candidates(c *conf, p problem) [][]edit {
	s := &r.shown[p.shown]
	a := c.answer(s.asked)
	w := writer{r, a, s, p.header}
	switch {
	case p.header == status:
		return r.letThrough(a)
	case p.header == login:
		return [][]edit{{instead(a.by, "return 401;")}}
	case strings.HasPrefix(p.header, hiddenPrefix):
		return [][]edit{{nginxWithout(a.inEffect("proxy_hide_header", strings.TrimPrefix(p.header, hiddenPrefix))[0])}}
	case len(s.extra[p.header]) > 0 && a.by == nil && len(a.inEffect("proxy_hide_header", p.header)) == 0:
		return append(r.hide(a, p.header), w.candidates()...)
	}
	return w.candidates()
}

// hide takes a header out of what the upstream sends, beside the others that are.
func (r *repair) hide(a *answer, header string) [][]edit {
	text := "proxy_hide_header " + header + ";"
	level := a.level("proxy_hide_header")
	if level == nil || a.location == nil {
		if a.location == nil {
			return nil
		}
		return [][]edit{{inside(a.location, text)}}
	}
	var last *directive
	for _, d := range level.block {
		if d.name.value == "proxy_hide_header" {
			last = d
		}
	}
	return [][]edit{{after(last, text)}}
}

// probe makes up the answers that must not get worse: for each route, and for a
// path of none, to origins that are allowed and to some that aren't.
func (r *repair) probe(c *conf) {
	v := r.fix.View
	first := r.shown[0].asked
	base := first.scheme + "://" + first.host + ":" + first.port
	add := func(path, method string, status int, on *policy.Effective) {
		allowed, denied := samples(v, on)
		for _, origin := range slices.Concat(allowed, denied) {
			if len(r.probes) == probes {
				return
			}
			one := policy.Shown{Method: method, URL: base + path, Status: status, Request: fetch.HeaderList{{"Origin", origin}}}
			if method == http.MethodOptions {
				one.Preflight = true
				one.Request = append(one.Request, fetch.Header{"Access-Control-Request-Method", on.Methods.Names[0].Text})
				if len(on.Headers.Names) > 0 {
					one.Request = append(one.Request, fetch.Header{"Access-Control-Request-Headers", on.Headers.Names[0].Text})
				}
			}
			if asked, ok := askedOf(&one); ok {
				r.probes = append(r.probes, shown{wanted: wantedOf(v, one), asked: asked})
			}
		}
	}
	for _, e := range v.Routes {
		add(e.Path, http.MethodGet, 200, e)
	}
	add("/corsproof-unlisted", http.MethodGet, 404, v.Unlisted)
	for _, e := range v.Routes {
		if len(e.Methods.Names) > 0 {
			add(e.Path, http.MethodOptions, 204, e)
		}
	}
	r.before = r.faults(c)
}

// faults are those of all probes, header by header.
func (r *repair) faults(c *conf) []fault {
	var out []fault
	for i := range r.probes {
		s := &r.probes[i]
		a := c.answer(s.asked)
		origins, _ := s.lines(a, allowOrigin)
		for _, header := range corsHeaders {
			values, sure := s.lines(a, header)
			if !sure {
				out = append(out, faultless)
				continue
			}
			f := s.fault(header, values, origins)
			if list, equal, ok := s.list(header); ok && s.Preflight && header != exposeHeaders && slices.Contains(origins, s.Origin()) {
				f = max(f, s.listFault(values, list, equal)) // all of it, whatever is asked for
			}
			out = append(out, f)
		}
	}
	return out
}

// noWorse reports whether no probe is answered worse than before.
func (r *repair) noWorse(c *conf) bool {
	for i, f := range r.faults(c) {
		if f > r.before[i] {
			return false
		}
	}
	return true
}

package fuzz

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
)

// A reduction makes a case simpler in one respect. It may not apply any more
// once others were: then it leaves the case as it is.
type reduction func(*catalog.Case)

// A grain says how small the parts are that reductions take away. What is left of
// a long case after the coarse ones has far fewer fine ones.
type grain int

const (
	coarse grain = iota // steps, answers, header lines
	fine                // parts of header lines, too
)

// clone returns a copy that shares nothing that a reduction changes.
func clone(c catalog.Case) catalog.Case {
	copyStep := func(s catalog.Step) catalog.Step {
		s.Request.Headers = slices.Clone(s.Request.Headers)
		if s.Request.Body != nil {
			body := *s.Request.Body
			s.Request.Body = &body
		}
		s.Server = slices.Clone(s.Server)
		for i := range s.Server {
			s.Server[i].Headers = slices.Clone(s.Server[i].Headers)
		}
		return s
	}
	c.Step = copyStep(c.Step)
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		c.Steps[i] = copyStep(c.Steps[i])
	}
	c.Page.Registrable = slices.Clone(c.Page.Registrable)
	return c
}

// stepsOf returns the case's requests, to be changed in place.
func stepsOf(c *catalog.Case) []*catalog.Step {
	if len(c.Steps) == 0 {
		return []*catalog.Step{&c.Step}
	}
	var out []*catalog.Step
	for i := range c.Steps {
		out = append(out, &c.Steps[i])
	}
	return out
}

// reductions lists what could be simpler in a case, in an order such that all
// of them can be applied from the last to the first.
func reductions(c *catalog.Case, g grain) []reduction {
	var out []reduction
	for i := range c.Steps {
		out = append(out, func(c *catalog.Case) { dropStep(c, i) })
	}
	out = append(out, func(c *catalog.Case) { c.Page.Origin = "" }, func(c *catalog.Case) { c.Page.Registrable = nil })
	for _, o := range servers {
		out = append(out, func(c *catalog.Case) { replaceOrigin(c, o.value) })
	}
	for _, o := range insecureServers {
		out = append(out, func(c *catalog.Case) { replaceOrigin(c, o.value) })
	}
	out = append(out, func(c *catalog.Case) { dropAnswers(c, "OPTIONS ") })
	for _, name := range answeredNames(c) {
		out = append(out, func(c *catalog.Case) { dropAnswered(c, name) })
	}
	for i, s := range stepsOf(c) {
		for _, reduce := range stepReductions(s, g) {
			out = append(out, func(c *catalog.Case) {
				if steps := stepsOf(c); i < len(steps) {
					reduce(steps[i])
				}
			})
		}
	}
	return out
}

// answeredNames are the names of the header lines in all answers, in lower case.
func answeredNames(c *catalog.Case) []string {
	var names []string
	for _, s := range stepsOf(c) {
		for _, a := range s.Server {
			for _, line := range a.Headers {
				if name := strings.ToLower(line.Header().Name()); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// dropAnswered takes a header out of all answers.
func dropAnswered(c *catalog.Case, name string) {
	for _, s := range stepsOf(c) {
		for i := range s.Server {
			s.Server[i].Headers = slices.DeleteFunc(s.Server[i].Headers, func(line catalog.HeaderLine) bool {
				return strings.EqualFold(line.Header().Name(), name)
			})
		}
	}
}

// dropAnswers takes away all answers to what begins like that.
func dropAnswers(c *catalog.Case, to string) {
	for _, s := range stepsOf(c) {
		s.Server = slices.DeleteFunc(s.Server, func(a catalog.Answer) bool { return strings.HasPrefix(a.To, to) })
	}
}

func dropStep(c *catalog.Case, i int) {
	if i >= len(c.Steps) {
		return
	}
	c.Steps = slices.Delete(c.Steps, i, i+1)
	if len(c.Steps) == 1 {
		c.Step, c.Steps = c.Steps[0], nil
	}
}

// usualOrigin stands for all others in a case where the difference doesn't hang
// on them.
const usualOrigin = "https://api.test"

// replaceOrigin puts the usual origin wherever another one stands.
func replaceOrigin(c *catalog.Case, origin string) {
	if origin == c.Page.Origin || origin == catalog.DefaultPage || origin == usualOrigin {
		return
	}
	replace := func(s string) string {
		for _, end := range []string{"/", "?", "#"} {
			s = strings.ReplaceAll(s, origin+end, usualOrigin+end)
		}
		if rest, ok := strings.CutSuffix(s, origin); ok {
			return rest + usualOrigin
		}
		return s
	}
	for _, s := range stepsOf(c) {
		s.Request.URL = replace(s.Request.URL)
		for i := range s.Server {
			s.Server[i].To = replace(s.Server[i].To)
			for j, line := range s.Server[i].Headers {
				s.Server[i].Headers[j] = catalog.HeaderLine(replace(string(line)))
			}
		}
	}
}

// stepReductions lists what could be simpler in one request and its servers.
func stepReductions(s *catalog.Step, g grain) []func(*catalog.Step) {
	var out []func(*catalog.Step)
	request := func(reduce func(*catalog.Request)) {
		out = append(out, func(s *catalog.Step) { reduce(&s.Request) })
	}
	request(func(r *catalog.Request) { r.API, r.UploadListener = "", false })
	request(func(r *catalog.Request) { r.UploadListener = false })
	request(func(r *catalog.Request) { r.Method, r.Body = "", nil })
	request(func(r *catalog.Request) { r.Method = "PUT" })
	request(func(r *catalog.Request) { r.Body = nil })
	request(func(r *catalog.Request) {
		if r.Body != nil {
			r.Body = &catalog.Body{}
		}
	})
	request(func(r *catalog.Request) {
		if r.Body != nil {
			r.Body.Text = ""
		}
	})
	request(func(r *catalog.Request) { r.Mode = "" })
	request(func(r *catalog.Request) { r.Credentials = "" })
	request(func(r *catalog.Request) { r.Cache = "" })
	request(func(r *catalog.Request) { r.Redirect = "" })
	request(func(r *catalog.Request) { r.ReferrerPolicy = "" })
	request(func(r *catalog.Request) { r.Integrity = "" })
	request(func(r *catalog.Request) { r.Keepalive = false })
	request(func(r *catalog.Request) { r.URL = withFragment(r.URL, "") })
	request(func(r *catalog.Request) { r.Headers = nil })
	for i := range s.Request.Headers {
		request(func(r *catalog.Request) { dropItem(&r.Headers, i) })
		for _, shorter := range shorterLines(s.Request.Headers[i], g) {
			request(func(r *catalog.Request) { setItem(r.Headers, i, shorter) })
		}
	}
	for i, a := range s.Server {
		out = append(out, answerReductions(i, a, g)...)
		if !strings.Contains(a.To, " ") && a.To != s.Request.URL {
			// Begin the chain there.
			request(func(r *catalog.Request) { r.URL = a.To })
		}
		out = append(out, func(s *catalog.Step) { dropItem(&s.Server, i) })
	}
	return out
}

// answerReductions lists what could be simpler in the answer with an index.
func answerReductions(i int, a catalog.Answer, g grain) []func(*catalog.Step) {
	var out []func(*catalog.Step)
	answer := func(reduce func(*catalog.Answer)) {
		out = append(out, func(s *catalog.Step) {
			if i < len(s.Server) {
				reduce(&s.Server[i])
			}
		})
	}
	answer(func(a *catalog.Answer) { a.Status = 200 })
	answer(func(a *catalog.Answer) { a.Body = "" })
	answer(func(a *catalog.Answer) { a.Headers = nil })
	for j, line := range a.Headers {
		answer(func(a *catalog.Answer) { dropItem(&a.Headers, j) })
		for _, shorter := range shorterLines(line, g) {
			answer(func(a *catalog.Answer) { setItem(a.Headers, j, shorter) })
		}
	}
	return out
}

func dropItem[T any](list *[]T, i int) {
	if i < len(*list) {
		*list = slices.Delete(*list, i, i+1)
	}
}

// A weight orders cases: the shorter file is the simpler case, of two of the
// same length the one that sorts first.
type weight struct {
	length int
	text   string
}

func weigh(c catalog.Case) weight {
	c.ID, c.Why = "", ""
	text := catalog.Marshal(catalog.File{Cases: []catalog.Case{c}})
	return weight{len(text), string(text)}
}

func (w weight) compare(other weight) int {
	return cmp.Or(cmp.Compare(w.length, other.length), cmp.Compare(w.text, other.text))
}

func (w weight) less(other weight) bool { return w.compare(other) < 0 }

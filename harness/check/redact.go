package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// leastSecret is the minimum length of a secret that is removed from reports: shorter
// ones protect nothing and occur in many other words.
const leastSecret = 4

// A redaction takes the secrets that a check sends out of what it keeps: a target may
// repeat them anywhere in an answer. Safe for concurrent use.
type redaction struct {
	mu    sync.Mutex
	forms []string // in which they may come back
	masks *strings.Replacer
}

// add notes a secret. The error says why it can't be sent.
func (r *redaction) add(secret string) error {
	if strings.IndexFunc(secret, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0 {
		return errors.New("its secret has a line break or another character that is not allowed in a header; correct the secret")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(secret) < leastSecret || slices.Contains(r.forms, secret) {
		return nil
	}
	for _, form := range formsOf(secret) {
		for _, text := range []string{form, fetch.IsomorphicDecode([]byte(form))} {
			if len(text) >= leastSecret && !slices.Contains(r.forms, text) {
				r.forms = append(r.forms, text)
			}
		}
	}
	slices.SortStableFunc(r.forms, func(a, b string) int { return len(b) - len(a) }) // one may begin another
	var pairs []string
	for _, form := range r.forms {
		pairs = append(pairs, form, fmt.Sprintf("[redacted, %d bytes]", len(form)))
	}
	r.masks = strings.NewReplacer(pairs...)
	return nil
}

// formsOf returns a secret as servers write it: escaped for a URL, for HTML or for JSON,
// and, since a cookie's value is mostly one for a URL, unescaped.
func formsOf(secret string) []string {
	forms := []string{secret}
	for _, unescape := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
		if plain, err := unescape(secret); err == nil {
			forms = append(forms, plain)
		}
	}
	for _, plain := range slices.Clone(forms) {
		inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
		safe, _ := json.Marshal(plain) // of a string: it always has a form
		forms = append(forms, inner(strconv.Quote(plain)), inner(strconv.QuoteToASCII(plain)), inner(string(safe)), strings.ReplaceAll(inner(string(safe)), "/", `\/`),
			strings.ReplaceAll(plain, "/", `\/`), url.QueryEscape(plain), url.PathEscape(plain), html.EscapeString(plain))
	}
	return forms
}

// text takes the secrets out of a text.
func (r *redaction) text(text string) string { return r.mask(text, false) }

// mask is a [fetch.Mask].
func (r *redaction) mask(text string, cut bool) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.masks == nil {
		return text
	}
	if text = r.masks.Replace(text); cut {
		text = r.withoutEnd(text)
	}
	return text
}

// checked takes the secrets out of all that was observed of a case. The case itself
// has none, and what the policy calls for neither.
func (r *redaction) checked(c *judge.Checked) {
	if r.empty() {
		return
	}
	c.NotRun, c.Unknown, c.Unsteady = r.text(c.NotRun), r.text(c.Unknown), r.text(c.Unsteady)
	for _, traces := range []*[]fetch.Trace{&c.Got, &c.Engine} {
		*traces = slices.Clone(*traces)
		for i, t := range *traces {
			(*traces)[i] = t.Masked(r.mask)
		}
	}
	c.Upstream = slices.Clone(c.Upstream)
	for i, x := range c.Upstream {
		c.Upstream[i] = x.Masked(r.mask)
	}
	for i := range c.Mismatches {
		c.Mismatches[i].Got = catalog.Masked(c.Mismatches[i].Got, r.mask)
	}
	for i := range c.Differences {
		d := &c.Differences[i].Difference
		d.Model, d.Engine = catalog.Masked(d.Model, r.mask), catalog.Masked(d.Engine, r.mask)
	}
}

func (r *redaction) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.masks == nil
}

// withoutEnd takes away what a text that was cut has of a secret at its end.
func (r *redaction) withoutEnd(text string) string {
	for _, form := range r.forms {
		for n := len(form) - 1; n >= leastSecret; n-- {
			if rest, ok := strings.CutSuffix(text, form[:n]); ok {
				return rest + fmt.Sprintf("[redacted, %d bytes]", n)
			}
		}
	}
	return text
}

package policy

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

func (c *checker) settings(s *Settings) {
	var groups []string
	for _, g := range c.p.Origins {
		groups = append(groups, g.Name)
	}
	if s.Origins != nil {
		if len(s.Origins.Items) == 0 {
			c.failAt(s.Origins.At, "is an empty list; for a route that no page may read, write cors: none")
		}
		c.list(s.Origins, func(t Text) {
			switch {
			case slices.Contains(groups, t.Text), len(groups) == 0 && !c.whole:
			case strings.Contains(t.Text, "://") || t.Text == Any || t.Text == Null:
				c.fail(t, "%q is an origin; expected the name of a group; add the origin to a group under origins", t.Text)
			default:
				c.fail(t, "is not a group of origins%s; known are %s", strict.Suggestion(t.Text, groups), strings.Join(groups, ", "))
			}
		})
	}
	for _, tokens := range []*List{s.Methods, s.Headers, s.Expose} {
		if tokens != nil {
			c.list(tokens, func(t Text) {
				if !tokenForm.MatchString(t.Text) {
					c.fail(t, "%q is not a valid name (an HTTP token); write one name per item", t.Text)
				}
			})
		}
	}
	if s.MaxAge != nil && s.MaxAge.Number < 0 {
		c.failAt(s.MaxAge.At, "is negative; expected seconds, or 0 to turn caching off")
	}
	if s.ReadableErrors != nil {
		seen := map[int]bool{}
		for _, n := range s.ReadableErrors.Items {
			switch {
			case n.Number < 400 || n.Number > 599:
				c.failAt(n.At, "%d is not an error status; expected 400 to 599, since other responses are readable by every allowed origin", n.Number)
			case seen[n.Number]:
				c.failAt(n.At, "%d is listed twice; remove one of the two", n.Number)
			}
			seen[n.Number] = true
		}
	}
	for _, h := range s.Sends {
		switch {
		case !tokenForm.MatchString(h.Name):
			c.d.FailAt(h.At, h.Name, "%q is not a header name (an HTTP token)", h.Name)
		case fetch.IsForbiddenRequestHeader(h.Name, h.Value):
			c.d.FailAt(h.At, h.Name, "pages can't set %s: browsers set it themselves", h.Name)
		case h.Value == "" || strings.TrimSpace(h.Value) != h.Value || strings.ContainsAny(h.Value, "\r\n\x00"):
			c.d.FailAt(h.At, h.Name, "is %q; expected the value of a header, on one line", h.Value)
		}
	}
	if s.Auth != nil {
		c.auth(s.Auth)
	}
}

func (c *checker) auth(a *Auth) {
	if t := a.None; t.Text != "" && t.Text != None { // perhaps the secret itself
		c.d.FailAt(t.At, "", "expected none, or one of bearer, api_key, cookie with env or file; never write the secret itself here")
		return
	}
	kinds := 0
	if a.None.Text != "" {
		kinds++
	}
	if a.Bearer != nil {
		kinds++
		c.secret(a.At, a.Bearer)
	}
	if a.APIKey != nil {
		kinds++
		c.secret(a.At, &a.APIKey.Secret)
		if !tokenForm.MatchString(a.APIKey.Header.Text) {
			c.missing(a.At, "has an api_key without a header; add its name, as in header: x-api-key")
		}
	}
	if a.Cookie != nil {
		kinds++
		c.secret(a.At, &a.Cookie.Secret)
		c.cookieName(a)
	}
	if kinds != 1 {
		c.missing(a.At, "has %d ways to authenticate; expected exactly one of bearer, api_key, cookie, none", kinds)
	}
}

// cookieName finds what no browser takes as a cookie's name; names with a prefix are
// for https alone, https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis.
func (c *checker) cookieName(a *Auth) {
	name := a.Cookie.Name
	if !tokenForm.MatchString(name.Text) {
		c.missing(a.At, "has a cookie without a valid name; add one, as in name: sid")
	}
	lower := strings.ToLower(name.Text)
	if !strings.HasPrefix(lower, "__host-") && !strings.HasPrefix(lower, "__secure-") {
		return
	}
	for _, t := range c.p.Targets {
		if strings.HasPrefix(t.URL.Text, "http:") {
			c.fail(name, "has a prefix that browsers accept from https only, but the target %s is %s", t.Name, t.URL.Text)
		}
	}
}

func (c *checker) secret(at Position, s *Secret) {
	switch {
	case (s.Env.Text == "") == (s.File.Text == ""):
		c.missing(at, "needs exactly one of env and file: where the secret is, not the secret itself")
	case s.Env.Text != "" && !envForm.MatchString(s.Env.Text):
		c.d.FailAt(s.Env.At, "", "is not the name of an environment variable; never write the secret itself here")
	}
}

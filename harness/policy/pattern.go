package policy

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A pattern is what an origin entry matches: every origin, the opaque one, one,
// or those that a wildcard stands for.
type pattern struct {
	// text is the entry as it was written, which is its canonical form.
	text   string
	scheme string
	// labels are the host's; nil unless the entry has a wildcard. "*" in a label
	// stands for letters, digits and hyphens, at least one; a first label "**"
	// for one label or more.
	labels []string
	// port is empty for the default one, "*" for any.
	port string
}

// parsePattern reads an entry. Its error says what to write instead.
func parsePattern(s string) (pattern, error) {
	p := pattern{text: s}
	switch {
	case s == "":
		return p, errors.New("is empty; expected an origin, as in https://app.example.com")
	case s == Any, s == Null:
		return p, nil
	case strings.ContainsAny(s, ", \t"):
		return p, errors.New("is more than one origin; write each origin as a separate entry")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return p, fmt.Errorf("has no scheme%s", instead("https://"+strings.Trim(s, "/")))
	}
	if lower := strings.ToLower(s); lower != s {
		return p, fmt.Errorf("has capital letters, but browsers send lower case%s", instead(lower))
	}
	if strings.ContainsAny(rest, `()[]|\^$+`) && !strings.HasPrefix(rest, "[") {
		return p, errors.New("looks like a regular expression; use the wildcard *, which matches a part of one label")
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		return p, fmt.Errorf("has a user name, which no origin has%s", instead(scheme+"://"+rest[at+1:]))
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return p, fmt.Errorf("has a path or a slash at the end, which no origin has%s", instead(scheme+"://"+rest[:end]))
	}
	if ascii, err := idna.Lookup.ToASCII(rest); err == nil && ascii != rest && !strings.Contains(rest, Any) {
		return p, fmt.Errorf("is not this name as browsers send it%s", instead(scheme+"://"+ascii))
	}
	p.scheme = scheme
	return p.parseHost(rest)
}

// parseHost reads host and port.
func (p pattern) parseHost(rest string) (pattern, error) {
	host, port := splitPort(rest)
	if strings.HasSuffix(rest, ":") {
		return p, fmt.Errorf("has a colon but no port%s", instead(p.scheme+"://"+host))
	}
	p.port = port
	if p.scheme != "http" && p.scheme != "https" {
		if strings.Contains(p.text, Any) {
			return p, errors.New("has a wildcard, which works only in http and https origins")
		}
		return p, nil // an app's or extension's own scheme: compared byte for byte
	}
	if strings.Contains(p.text, Any) {
		p.labels = strings.Split(host, ".")
	}
	switch {
	case host == Any || host == "**":
		return p, fmt.Errorf("has no domain; expected one, as in https://*.example.com, or %q for every origin", Any)
	case p.labels != nil && strings.Contains(strings.Join(p.labels[1:], "."), "**"),
		p.labels != nil && strings.Contains(p.labels[0], "**") && p.labels[0] != "**":
		return p, errors.New("has ** outside the first label; ** must be the whole first label, where it matches one or more labels")
	}
	// With every wildcard filled in it must be an origin as browsers send it.
	filled := strings.ReplaceAll(strings.ReplaceAll(host, "**", "x"), Any, "x")
	canonical := p.scheme + "://" + filled
	if port != "" {
		canonical += ":" + strings.Replace(port, Any, "1", 1)
	}
	u, err := fetch.ParseURL(canonical, nil)
	switch {
	case errors.Is(err, fetch.ErrURLUnsupported) && strings.Contains("."+filled, ".xn--") && isLetterDigitHyphen(filled):
		return p, nil // punycode, which is in the form that browsers send
	case err != nil:
		return p, errors.New("is not an origin that a browser can send")
	case string(u.Origin()) != canonical && strings.HasSuffix(canonical, ":"+defaultPort(p.scheme)):
		return p, fmt.Errorf("has the default port, which browsers leave out%s", instead(p.scheme+"://"+host))
	case string(u.Origin()) != canonical:
		return p, fmt.Errorf("is not an origin as browsers send it%s", instead(string(u.Origin())))
	}
	return p, nil
}

func instead(s string) string { return fmt.Sprintf("; write %q", s) }

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

func isLetterDigitHyphen(host string) bool {
	return strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// isWildcard reports whether the pattern stands for some origins, but not for
// all.
func (p *pattern) isWildcard() bool { return p.labels != nil }

// match reports whether the pattern matches an Origin header's value.
func (p *pattern) match(origin string) bool {
	switch {
	case p.text == Any:
		return true
	case !p.isWildcard():
		return p.text == origin
	}
	scheme, rest, _ := strings.Cut(origin, "://")
	host, port := splitPort(rest)
	// What is in Punycode is an origin, if not one that the model takes apart.
	if _, err := fetch.ParseOrigin(origin); err != nil && !(errors.Is(err, fetch.ErrURLUnsupported) && isLetterDigitHyphen(host)) {
		return false
	}
	if scheme != p.scheme || p.port != Any && port != p.port {
		return false
	}
	labels := strings.Split(host, ".")
	want := p.labels
	if want[0] == "**" {
		extra := len(labels) - len(want)
		if extra < 0 {
			return false
		}
		for _, label := range labels[:extra] {
			if !matchLabel(Any, label) {
				return false
			}
		}
		labels, want = labels[extra:], append([]string{Any}, want[1:]...)
	}
	if len(labels) != len(want) {
		return false
	}
	for i, label := range labels {
		if !matchLabel(want[i], label) {
			return false
		}
	}
	return true
}

// matchLabel matches one label; each star stands for one character or more.
func matchLabel(want, label string) bool {
	parts := strings.Split(want, Any)
	if len(parts) == 1 {
		return want == label
	}
	last := parts[len(parts)-1]
	rest, ok := strings.CutPrefix(label, parts[0])
	if !ok || !isLetterDigitHyphen(label) {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		if rest == "" {
			return false
		}
		i := strings.Index(rest[1:], part)
		if i < 0 {
			return false
		}
		rest = rest[1+i+len(part):]
	}
	return len(rest) > len(last) && strings.HasSuffix(rest, last)
}

// splitPort splits host and port.
func splitPort(s string) (host, port string) {
	if colon := strings.LastIndexByte(s, ':'); colon > strings.LastIndexByte(s, ']') {
		return s[:colon], s[colon+1:]
	}
	return s, ""
}

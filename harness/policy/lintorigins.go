package policy

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// origins finds concerns about who may read.
func (l *linter) origins(t *Target, e *Effective) {
	for _, g := range e.Groups {
		for i := range g.Allow {
			entry := &g.Allow[i]
			switch entry.Origin.Text {
			case Any:
				if e.Credentials {
					l.add(AnyOriginWithCredentials, entry.Origin.At, Any, "every origin may read with credentials")
				}
			case Null:
				l.null(e, entry)
			default:
				l.scheme(t, e, entry)
				l.wildcard(e, entry)
				l.place(t, entry)
			}
			l.redundant(e, entry)
			l.overruled(e, entry)
		}
		for i := range g.Deny {
			l.deny(e, &g.Deny[i])
		}
	}
}

func (l *linter) null(e *Effective, entry *Entry) {
	if e.Credentials {
		l.add(NullOriginWithCredentials, entry.Origin.At, Null, "the origin null may read with credentials")
		return
	}
	l.add(NullOrigin, entry.Origin.At, Null, "the origin null may read")
}

// scheme looks at the schemes of origin and target.
func (l *linter) scheme(t *Target, e *Effective, entry *Entry) {
	p, text := &entry.pattern, entry.Origin
	secure := !strings.HasPrefix(t.URL.Text, "http:")
	switch {
	case isLocalName(p.host()):
	case p.scheme == "http" && secure && e.Credentials:
		l.add(InsecureOriginWithCredentials, text.At, text.Text, "the http origin %s may read with credentials", text.Text)
	case p.scheme == "http" && secure:
		l.add(InsecureOrigin, text.At, text.Text, "the http origin %s may read", text.Text)
	case p.scheme == "https" && !secure && !isLocalName(hostOf(t.URL.Text)):
		l.add(MixedContent, t.URL.At, t.URL.Text, "pages at %s can't call %s", text.Text, t.URL.Text)
	}
}

func (l *linter) wildcard(e *Effective, entry *Entry) {
	p, text := &entry.pattern, entry.Origin
	if !p.isWildcard() {
		return
	}
	if p.port == Any && !isLocalName(p.host()) {
		l.add(AnyPort, text.At, text.Text, "pages on every port of %s may read", p.host())
	}
	if !strings.Contains(p.host(), Any) {
		return
	}
	// The registrable domain, with letters in the place of the wildcards.
	filled := strings.ReplaceAll(strings.ReplaceAll(p.host(), "**", "x.y"), Any, "xqx")
	domain, ok := registrable(filled)
	depth := strings.Count(domain, ".") + 1
	own := p.labels[max(len(p.labels)-depth, 0):]
	if !ok || len(own) < depth || strings.Contains(strings.Join(own, "."), Any) {
		l.add(WildcardRegistrable, text.At, text.Text, "anybody can register a name that %s matches", text.Text)
		return
	}
	switch {
	case p.labels[0] == "**":
		l.add(AnyDepth, text.At, text.Text, "%s matches at any depth", text.Text)
	case p.labels[0] == Any && e.Credentials:
		l.add(AnySubdomain, text.At, text.Text, "every host that %s matches may read with credentials", text.Text)
	}
}

// place looks for origins of developers, and for the target's own.
func (l *linter) place(t *Target, entry *Entry) {
	text := entry.Origin
	switch host := entry.pattern.host(); {
	case text.Text == t.URL.Text:
		l.add(SameOrigin, text.At, text.Text, "%s is the target's own origin", text.Text)
	case isDevHost(host) && !isLocalName(hostOf(t.URL.Text)):
		l.add(DevOrigin, text.At, text.Text, "the development origin %s may read from target %s", text.Text, t.Name)
	}
}

// redundant notes on how many routes an entry stands, and on how many of them
// another one allows the same.
func (l *linter) redundant(e *Effective, entry *Entry) {
	stands := []Text{entry.Origin}
	if entry.pattern.isWildcard() {
		stands = entry.Examples
	}
	l.stands[entry]++
	for _, g := range e.Groups {
		for i := range g.Allow {
			other := &g.Allow[i]
			if other == entry || entry.pattern.isWildcard() && other.pattern.text != Any {
				continue
			}
			if !slices.ContainsFunc(stands, func(t Text) bool { return !other.pattern.match(t.Text) }) {
				l.idle[entry] = append(l.idle[entry], other)
				return
			}
		}
	}
}

// overruled notes on how many routes an entry allows what is denied.
func (l *linter) overruled(e *Effective, entry *Entry) {
	if entry.Origin.Text == Any {
		return
	}
	stands := []Text{entry.Origin}
	if entry.pattern.isWildcard() {
		stands = entry.Examples
	}
	var by *Text
	for _, t := range stands {
		if by = e.denies(t.Text); by == nil {
			return
		}
	}
	l.denied[entry] = append(l.denied[entry], by)
}

// deny notes on how many routes an entry denies what nothing allows.
func (l *linter) deny(e *Effective, entry *Entry) {
	stands := []Text{entry.Origin}
	if entry.pattern.isWildcard() {
		stands = entry.Examples
	}
	l.stands[entry]++
	allowed := slices.ContainsFunc(stands, func(t Text) bool {
		return slices.ContainsFunc(e.Groups, func(g *Group) bool { return find(g.Allow, t.Text) != nil })
	})
	if !allowed {
		l.idle[entry] = append(l.idle[entry], nil)
	}
}

// idleEntries are the entries that change nothing on any route.
func (l *linter) idleEntries() {
	for i := range l.p.Origins {
		g := &l.p.Origins[i]
		for j := range g.Allow {
			if entry := &g.Allow[j]; l.stands[entry] > 0 && len(l.denied[entry]) == l.stands[entry] {
				by := l.denied[entry][0]
				l.add(AllowWithoutEffect, entry.Origin.At, entry.Origin.Text, "%s is allowed, but %s at %s denies it", entry.Origin.Text, by.Text, by.At)
			}
			if entry := &g.Allow[j]; l.stands[entry] > 0 && len(l.idle[entry]) == l.stands[entry] {
				other := l.idle[entry][0].Origin
				l.add(RedundantOrigin, entry.Origin.At, entry.Origin.Text, "%s is already allowed by %s at %s", entry.Origin.Text, other.Text, other.At)
			}
		}
		for j := range g.Deny {
			if entry := &g.Deny[j]; l.stands[entry] > 0 && len(l.idle[entry]) == l.stands[entry] {
				l.add(DenyWithoutEffect, entry.Origin.At, entry.Origin.Text, "%s is denied, but no entry allows it", entry.Origin.Text)
			}
		}
	}
}

// host returns the pattern's host, wildcards as they are.
func (p *pattern) host() string { return hostOf(p.text) }

func hostOf(origin string) string {
	_, rest, _ := strings.Cut(origin, "://")
	host, _ := splitPort(rest)
	return host
}

// registrable is the registrable domain of a host that has one.
func registrable(host string) (string, bool) {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return "", false
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(host, "."))
	return domain, err == nil
}

// isLocalName reports whether a host is the machine itself, so that no network
// lies between and mixed content isn't blocked.
func isLocalName(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// tunnels are domains below which anybody gets a host that leads to their own
// machine.
var tunnels = []string{"ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "loca.lt", "trycloudflare.com", "localhost.run", "serveo.net"}

// isDevHost reports whether a host is a developer's.
func isDevHost(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	for _, domain := range append([]string{"local", "internal", "lan"}, tunnels...) {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return isLocalName(host)
}

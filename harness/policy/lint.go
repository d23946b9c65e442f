package policy

import (
	"cmp"
	"fmt"
	"slices"
)

// A Severity says what a concern means for a check.
type Severity string

const (
	// Refuse means that the policy is not tested until the concern is fixed or accepted.
	Refuse Severity = "refuse"
	// Warn means that somebody should look at it.
	Warn Severity = "warn"
	// Note means that it is harmless but does not do what it seems to do.
	Note Severity = "note"
)

// A ConcernID names a kind of concern. IDs are stable.
type ConcernID string

const (
	AnyOriginWithCredentials      ConcernID = "any-origin-with-credentials"
	NullOriginWithCredentials     ConcernID = "null-origin-with-credentials"
	NullOrigin                    ConcernID = "null-origin"
	InsecureOriginWithCredentials ConcernID = "insecure-origin-with-credentials"
	InsecureOrigin                ConcernID = "insecure-origin"
	MixedContent                  ConcernID = "mixed-content"
	WildcardRegistrable           ConcernID = "wildcard-registrable-domain"
	AnySubdomain                  ConcernID = "any-subdomain"
	AnyDepth                      ConcernID = "any-depth"
	AnyPort                       ConcernID = "any-port"
	DevOrigin                     ConcernID = "dev-origin"
	SameOrigin                    ConcernID = "same-origin"
	RedundantOrigin               ConcernID = "redundant-origin"
	DenyWithoutEffect             ConcernID = "deny-without-effect"
	AllowWithoutEffect            ConcernID = "allow-without-effect"
	UnusedGroup                   ConcernID = "unused-group"
	WildcardWithCredentials       ConcernID = "wildcard-with-credentials"
	WildcardWithoutAuthorization  ConcernID = "wildcard-without-authorization"
	MethodNotSendable             ConcernID = "method-not-sendable"
	MethodCase                    ConcernID = "method-case"
	MethodNeedsNoListing          ConcernID = "method-needs-no-listing"
	OptionsListed                 ConcernID = "options-listed"
	HeaderNotSendable             ConcernID = "header-not-sendable"
	HeaderNeedsNoListing          ConcernID = "header-needs-no-listing"
	ExposeNeedsNoListing          ConcernID = "expose-needs-no-listing"
	ExposeNotReadable             ConcernID = "expose-not-readable"
	MaxAgeZero                    ConcernID = "max-age-zero"
	MaxAgeAboveCap                ConcernID = "max-age-above-cap"
	NoReadableErrors              ConcernID = "no-readable-errors"
	AuthErrorNotReadable          ConcernID = "auth-error-not-readable"
	AuthHeaderNotAllowed          ConcernID = "auth-header-not-allowed"
	SentHeaderNotAllowed          ConcernID = "sent-header-not-allowed"
	CookieWithoutCredentials      ConcernID = "cookie-without-credentials"
	RiskNotThere                  ConcernID = "risk-not-there"
)

// A ConcernKind is what all concerns with one ID share.
type ConcernKind struct {
	ID       ConcernID
	Severity Severity
	// Why says what can happen.
	Why string
	// Instead says what to write instead.
	Instead string
}

// A Concern is a part of a policy that is dangerous, or does not do what it seems to do.
type Concern struct {
	ConcernKind
	At Position
	// Value is the text at that position.
	Value string
	// Problem describes the concern about this value, in a sentence without a full stop.
	Problem string
	// Accepted is the policy's reason to accept it; empty if it is not accepted.
	Accepted string
}

// String returns "file:line:column: severity: problem (id)".
func (c Concern) String() string {
	at := c.At.String()
	if c.At.Line > 0 {
		at += fmt.Sprintf(":%d", c.At.Column)
	}
	return fmt.Sprintf("%s: %s: %s (%s)", at, c.Severity, c.Problem, c.ID)
}

// Refused reports whether a concern prevents the policy from being tested.
func Refused(concerns []Concern) bool {
	return slices.ContainsFunc(concerns, func(c Concern) bool { return c.Severity == Refuse && c.Accepted == "" })
}

// Concerns returns every kind of concern. The caller owns the slice.
func Concerns() []ConcernKind { return slices.Clone(concernKinds) }

func concernByID(id ConcernID) (ConcernKind, bool) {
	i := slices.IndexFunc(concernKinds, func(k ConcernKind) bool { return k.ID == id })
	if i < 0 {
		return ConcernKind{}, false
	}
	return concernKinds[i], true
}

func concernIDs() []string {
	var out []string
	for _, k := range concernKinds {
		out = append(out, string(k.ID))
	}
	return out
}

// Lint returns what is dangerous or without effect in the policy, in the order of the
// file. The caller owns the slice.
func (p *Policy) Lint() []Concern {
	l := linter{p: p, stands: map[*Entry]int{}, idle: map[*Entry][]*Entry{}, denied: map[*Entry][]*Text{}}
	for _, t := range p.Targets {
		view, err := p.On(t.Name)
		if err != nil {
			panic(err) // the name is the policy's own
		}
		for _, e := range view.Routes {
			if e.None == nil {
				l.origins(&t, e)
				l.lists(e)
				l.errorsAndAuth(e)
			}
		}
	}
	l.idleEntries()
	l.unusedGroups()
	l.acceptedRisks()
	slices.SortStableFunc(l.found, func(a, b Concern) int {
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column), cmp.Compare(a.ID, b.ID))
	})
	return l.found
}

// A linter collects concerns, each once however many routes and targets share
// what it is about.
type linter struct {
	p     *Policy
	found []Concern
	// stands counts the routes, target by target, on which an entry stands; idle
	// has an entry that allows the same for each of those on which it changes
	// nothing, or nil for one that denies; denied has what denies an entry that
	// allows, for each of those where something does.
	stands map[*Entry]int
	idle   map[*Entry][]*Entry
	denied map[*Entry][]*Text
}

func (l *linter) add(id ConcernID, at Position, value, format string, args ...any) {
	kind, _ := concernByID(id)
	c := Concern{ConcernKind: kind, At: at, Value: value, Problem: fmt.Sprintf(format, args...)}
	for _, a := range l.p.AcceptedRisks {
		if a.ID == string(id) {
			c.Accepted = a.Reason
		}
	}
	same := func(o Concern) bool { return o.ID == id && o.At == at && o.Value == value }
	if !slices.ContainsFunc(l.found, same) {
		l.found = append(l.found, c)
	}
}

func (l *linter) unusedGroups() {
	for _, g := range l.p.Origins {
		names := func(s *Settings) bool {
			return s.Origins != nil && slices.ContainsFunc(s.Origins.Items, func(t Text) bool { return t.Text == g.Name })
		}
		used := names(&l.p.Defaults) ||
			slices.ContainsFunc(l.p.Routes, func(r Route) bool { return names(&r.Settings) })
		if !used {
			l.add(UnusedGroup, g.At, g.Name, "no route uses the group %q", g.Name)
		}
	}
}

func (l *linter) acceptedRisks() {
	for _, a := range l.p.AcceptedRisks {
		if !slices.ContainsFunc(l.found, func(c Concern) bool { return c.ID == ConcernID(a.ID) }) {
			l.add(RiskNotThere, a.At, a.ID, "the accepted risk %q does not occur in this policy", a.ID)
		}
	}
}

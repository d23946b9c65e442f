package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9*]+(-[a-z0-9*]+)*)+$`)

// The closed sets of the standard, by field.
var (
	drivers     = []Driver{DriverBrowser, DriverDirect, DriverModel}
	apis        = []fetch.API{"", fetch.APIFetch, fetch.APIXHR}
	modes       = []fetch.Mode{"", fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate}
	credentials = []fetch.CredentialsMode{"", fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude}
	caches      = []fetch.CacheMode{"", fetch.CacheDefault, fetch.CacheNoStore, fetch.CacheReload, fetch.CacheNoCache, fetch.CacheForceCache, fetch.CacheOnlyIfCached}
	redirects   = []fetch.RedirectMode{"", fetch.RedirectFollow, fetch.RedirectError, fetch.RedirectManual}
	bodies      = []fetch.BodyKind{"", fetch.BodyText, fetch.BodyBytes, fetch.BodyBlob, fetch.BodyStream, fetch.BodyURLSearchParams, fetch.BodyFormData}
	embedders   = []fetch.EmbedderPolicy{"", fetch.EmbedderPolicyUnsafeNone, fetch.EmbedderPolicyCredentialless, fetch.EmbedderPolicyRequireCORP}
	outcomes    = []fetch.OutcomeKind{fetch.OutcomeResponse, fetch.OutcomeNetworkError, fetch.OutcomeRefused, fetch.OutcomeUnknown}
	failures    = []Failure{"", FailureReset, FailureClosed, FailureGarbage, FailureSilent}
	types       = []fetch.ResponseType{fetch.ResponseBasic, fetch.ResponseCORS, fetch.ResponseOpaque, fetch.ResponseOpaqueRedirect}
)

// oneOf reports a value that is none of a closed set.
func oneOf[T ~string](d *decoder, node ast.Node, path string, value T, set []T) {
	strict.OneOf(d.Decoder, at(node, path), path, value, set)
}

// at returns the node of a path below the case's, or the nearest that is there.
func at(node ast.Node, path string) ast.Node {
	_, rest, ok := strings.Cut(path, "].")
	if !ok {
		return node
	}
	for key := range strings.SplitSeq(rest, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(key, "]"), "[")
		entries, ok := strict.Entries(node)
		i := slices.IndexFunc(entries, func(e *ast.MappingValueNode) bool { return e.Key.String() == name })
		if !ok || i < 0 {
			return node
		}
		node = entries[i].Value
		if sequence, isList := node.(*ast.SequenceNode); indexed && isList {
			if n, err := strconv.Atoi(index); err == nil && n < len(sequence.Values) {
				node = sequence.Values[n]
			}
		}
	}
	return node
}

// validate finds what is missing, unknown or contradictory in a case.
func (d *decoder) validate(node ast.Node, c *Case, path string) {
	fail := func(key, format string, args ...any) {
		d.Fail(at(node, strict.Join(path, key)), strict.Join(path, key), format, args...)
	}
	absent := d.absent(fail)
	if !idForm.MatchString(c.ID) {
		fail("id", `is %q; expected area/what-varies in kebab-case`, c.ID)
	}
	if strings.TrimSpace(c.Why) == "" {
		absent("why", "is missing; write what is wrong if the case fails")
	}
	for i, v := range c.Drivers {
		oneOf(d, node, strict.Join(path, "drivers["+strconv.Itoa(i)+"]"), v, drivers)
	}
	if (len(c.Drivers) == 0) != (strings.TrimSpace(c.Because) == "") {
		fail("drivers", "drivers and because require each other: which drivers can run the case, and why no other can")
	}
	oneOf(d, node, strict.Join(path, "page.embedder-policy"), c.Page.EmbedderPolicy, embedders)
	if len(c.Steps) > 0 && (c.Request.URL != "" || c.Expect != nil) {
		fail("steps", "are set together with a request of the case itself; remove one of the two")
	}
	for name, rule := range c.Profiles {
		profile, ok := fetch.ProfileByName(name)
		switch {
		case !ok:
			fail("profiles", "the profile %q is unknown", name)
		case rule == "":
			delete(c.Profiles, name) // a row of a table for which there is none
		case !slices.ContainsFunc(profile.Differences, func(d fetch.Difference) bool { return string(d.Rule) == rule }):
			fail("profiles", "the rule %q is not in the profile %s", rule, name)
		}
	}
	for i, step := range c.AllSteps() {
		stepPath := path
		if len(c.Steps) > 0 {
			stepPath = strict.Join(path, "steps["+strconv.Itoa(i)+"]")
		}
		d.validateStep(node, &step, stepPath)
	}
}

// absent returns what reports that something is missing: nothing is reported for
// a case that was not decoded whole, where it may be there under another name.
func (d *decoder) absent(fail func(key, format string, args ...any)) func(key, format string, args ...any) {
	return func(key, format string, args ...any) {
		if !d.partial {
			fail(key, format, args...)
		}
	}
}

func (d *decoder) validateStep(node ast.Node, s *Step, path string) {
	fail := func(key, format string, args ...any) {
		d.Fail(at(node, strict.Join(path, key)), strict.Join(path, key), format, args...)
	}
	absent := d.absent(fail)
	r := s.Request
	if r.URL == "" {
		absent("request.url", "is missing")
	}
	oneOf(d, node, strict.Join(path, "request.api"), r.API, apis)
	oneOf(d, node, strict.Join(path, "request.mode"), r.Mode, modes)
	oneOf(d, node, strict.Join(path, "request.credentials"), r.Credentials, credentials)
	oneOf(d, node, strict.Join(path, "request.cache"), r.Cache, caches)
	oneOf(d, node, strict.Join(path, "request.redirect"), r.Redirect, redirects)
	if r.Body != nil {
		oneOf(d, node, strict.Join(path, "request.body.kind"), r.Body.Kind, bodies)
	}
	if r.Referrer != "" && r.API == fetch.APIXHR {
		fail("request.referrer", "XMLHttpRequest does not accept a referrer; use the API fetch")
	}
	for i, h := range r.Headers {
		if !strings.Contains(string(h), ":") {
			fail("request.headers", `item %d is %q; expected "Name: value"`, i, h)
		}
	}
	for i, a := range s.Server {
		key := "server[" + strconv.Itoa(i) + "]"
		switch {
		case a.To == "":
			absent(key, `needs to: "METHOD URL", or a URL alone`)
		case a.Fails != "" && a.Status != 0:
			fail(key, "has both a status and fails; remove one of the two")
		case a.Fails == "" && a.Status == 0:
			absent(key, "needs status or fails")
		}
		oneOf(d, node, strict.Join(path, key+".fails"), a.Fails, failures)
		for _, h := range a.Headers {
			if !strings.Contains(string(h), ":") {
				fail(key+".headers", `has %q; expected "Name: value"`, h)
			}
		}
	}
	if s.Expect == nil {
		absent("expect", "is missing")
		return
	}
	d.validateExpect(node, s.Expect, strict.Join(path, "expect"))
}

func (d *decoder) validateExpect(node ast.Node, e *Expect, path string) {
	fail := func(key, format string, args ...any) {
		d.Fail(at(node, strict.Join(path, key)), strict.Join(path, key), format, args...)
	}
	absent := d.absent(fail)
	oneOf(d, node, strict.Join(path, "outcome"), e.Outcome, outcomes)
	if !slices.Contains(outcomes, e.Outcome) {
		return // what else is right hangs on it
	}
	if e.Outcome == fetch.OutcomeResponse {
		oneOf(d, node, strict.Join(path, "type"), e.Type, types)
		if e.Phase != "" || e.Step != "" || e.Detail != "" {
			fail("phase", "phase, step and detail are for blocked requests; remove them, since the outcome is a response")
		}
		opaque := e.Type == fetch.ResponseOpaque || e.Type == fetch.ResponseOpaqueRedirect
		if opaque && (e.Status != 0 || len(e.Readable) > 0 || len(e.Headers) > 0) {
			fail("type", "a response of type %s shows no status and no headers; remove them", e.Type)
		}
	} else {
		if e.Type != "" || e.Status != 0 || e.URL != "" || len(e.Readable) > 0 || len(e.Unreadable) > 0 || len(e.Headers) > 0 {
			fail("type", "the outcome is not a response; remove type, status, URL and headers")
		}
		d.validatePhase(node, e, path)
	}
	for i, h := range e.Headers {
		key := "headers[" + strconv.Itoa(i) + "]"
		name, _, ok := strings.Cut(string(h), ":")
		switch {
		case !ok:
			fail(key, `is %q; expected "Name: value"`, h)
		case slices.Contains(e.Unreadable, name):
			fail(key, "%q is also in unreadable; remove one of the two", name)
		}
	}
	for _, name := range e.Unreadable {
		if slices.Contains(e.Readable, name) {
			fail("unreadable", "%q is also in readable; remove one of the two", name)
		}
	}
	if (len(e.Exchanges) == 0) != e.NoExchanges {
		absent("exchanges", "expected a list of the requests sent, or no-exchanges: true")
	}
	if e.Outcome == fetch.OutcomeRefused && len(e.Exchanges) > 0 {
		fail("exchanges", "the API refuses the request, so nothing is sent; remove exchanges")
	}
	for i, x := range e.Exchanges {
		key := "exchanges[" + strconv.Itoa(i) + "]"
		method, _, ok := strings.Cut(x.Send, " ")
		if !ok {
			fail(key, `send is %q; expected "METHOD URL"`, x.Send)
		}
		if x.Origin == "" {
			absent(key, `needs origin: the value of the Origin header, "-" for none`)
		}
		if (x.Asks == "") != (x.For == "") {
			fail(key, `a preflight needs both asks and for; for is "-" without Access-Control-Request-Headers`)
		}
		if x.Asks != "" && method != "OPTIONS" {
			fail(key, "has asks, which only preflights have; set the method to OPTIONS")
		}
	}
}

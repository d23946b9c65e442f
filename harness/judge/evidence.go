package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// summary says what was seen, as a sentence about the policy.
func summary(s *symptom) string {
	who := fmt.Sprintf("%q", s.origin())
	switch s.effect {
	case effectRefused:
		if !s.preflight() && s.status() >= 400 {
			return fmt.Sprintf("%s cannot read responses with status %d, but the policy allows it", who, s.status())
		}
		return who + " cannot read the response, but the policy allows it"
	case effectAllowed:
		switch {
		case s.probes(catalog.AreaMethod):
			return fmt.Sprintf("the preflight allows the method %q, but the policy does not list it", s.method())
		case s.probes(catalog.AreaHeader):
			return "the preflight allows a request header that the policy does not list"
		case s.probes(catalog.AreaCredentials):
			return who + " can read with credentials, but the policy does not allow them"
		}
		return who + " can read the response, but the policy denies it"
	case effectHidden:
		return fmt.Sprintf("pages cannot read the response header %s, but the policy exposes it", s.mismatch.Header)
	case effectShown:
		return fmt.Sprintf("pages can read the response header %s, but the policy does not expose it", s.mismatch.Header)
	case effectUnsteady:
		return "the same request got different responses"
	case effectStatus:
		return fmt.Sprintf("the response differs: %s is %s instead of %s", s.mismatch.Subject, s.mismatch.Got, s.mismatch.Want)
	}
	return "the browser sent other requests than the policy requires"
}

// evidence is what a symptom rests on.
func evidence(s *symptom) Evidence {
	e := Evidence{Case: s.Case.ID, Step: s.step, Request: s.Case.Steps[s.step].FetchRequest(), Decisive: -1, Block: s.block}
	e.Request.Headers = e.Request.Headers.Redacted()
	if s.step >= len(s.Got) || s.step >= len(s.Want) {
		e.Want, e.Got = s.mismatch.Want.String(), s.mismatch.Got.String()
		return e
	}
	e.Want, e.Got = s.cameOut(s.Want[s.step], s.mismatch.Want), s.cameOut(s.Got[s.step], s.mismatch.Got)
	got := s.Got[s.step].Exchanges
	if e.FromCache = s.cached(); e.FromCache {
		got = s.Got[s.step-1].Exchanges
	}
	for i := range got {
		x := got[i]
		if x.Response != nil {
			head := *x.Response
			head.Headers = decisive(head.Headers)
			x.Response = &head
		}
		e.Exchanges = append(e.Exchanges, x)
		if &got[i] == s.x {
			e.Decisive = i
		}
	}
	if s.effect == effectRefused && s.preflight() && !s.Case.Wire() {
		e.NeverSent = s.method()
	}
	if s.UpstreamSeen && s.x != nil {
		e.Reached = "did not reach the upstream"
		if n := s.reached(s.x.Request.Method); n > 0 {
			e.Reached = "reached the upstream"
		}
	}
	return e
}

// cameOut says what came of a request, in a few words.
func (s *symptom) cameOut(t fetch.Trace, value catalog.Value) string {
	switch {
	case s.effect == effectHidden || s.effect == effectShown:
		return fmt.Sprintf("%s readable: %s", s.mismatch.Header, value)
	case s.effect == effectRequests:
		return "requests: " + cmp.Or(value.String(), "none")
	case s.Case.Wire():
		if block := catalog.Consent(t); block != nil {
			return fmt.Sprintf("no consent: %s", inWords(fetch.Outcome{Kind: fetch.OutcomeNetworkError, Block: block}))
		}
		return "consent" + describeStatus(t)
	}
	return inWords(t.Outcome)
}

// saw is a deviation in words, where it has some.
func saw(d catalog.Deviation) string {
	words := map[catalog.Field][2]string{
		catalog.FieldOutcome:  {"blocked, but must be readable", "readable, but must be blocked"},
		catalog.FieldConsents: {"no consent, but consent is required", "consent, but must be refused"},
	}[d.Field]
	switch {
	case words[0] == "":
		return d.String()
	case d.Want == catalog.Kind(fetch.OutcomeResponse), d.Want == catalog.Truth(true):
		return fmt.Sprintf("request %d: %s", d.Step+1, words[0])
	}
	return fmt.Sprintf("request %d: %s", d.Step+1, words[1])
}

// detailWords are the details of blocks that are told most often.
var detailWords = map[string]string{
	fetch.DetailMissing:                 "no Access-Control-Allow-Origin",
	fetch.DetailMismatch:                "Access-Control-Allow-Origin names another origin",
	fetch.DetailMultiple:                "more than one Access-Control-Allow-Origin",
	fetch.DetailWildcardWithCredentials: "* with credentials",
	fetch.DetailCredentialsMissing:      "no Access-Control-Allow-Credentials",
	fetch.DetailPreflightStatus:         "the preflight's status is not 200 to 299",
	fetch.DetailMethodNotAllowed:        "Access-Control-Allow-Methods does not list the method",
	fetch.DetailHeaderNotAllowed:        "Access-Control-Allow-Headers does not list a header",
}

// inWords says what came of a request, for somebody who reads a finding.
func inWords(o fetch.Outcome) string {
	switch {
	case o.Response != nil:
		return fmt.Sprintf("readable: response type %s, status %d", o.Response.Type, o.Response.Status)
	case o.Kind == fetch.OutcomeNetworkError && o.Block != nil && o.Block.Phase != "":
		return fmt.Sprintf("blocked by the %s, step %s: %s", fetch.PhaseName(o.Block.Phase), o.Block.Step, cmp.Or(detailWords[o.Block.Detail], o.Block.Detail))
	}
	return describe(o)
}

func describeStatus(t fetch.Trace) string {
	if t.Outcome.Response == nil {
		return ""
	}
	return fmt.Sprintf(", status %d", t.Outcome.Response.Status)
}

// decisive keeps of an answer's headers those that decide, as they were sent.
func decisive(headers fetch.HeaderList) fetch.HeaderList {
	return slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool {
		name := strings.ToLower(h.Name())
		return !strings.HasPrefix(name, "access-control-") && !slices.Contains([]string{"vary", "location", "age", "x-cache", "allow"}, name)
	})
}

// curl makes the decisive request again.
func (c *Collector) curl(s *symptom) string {
	step := &s.Case.Steps[s.step]
	x := s.x
	for i := s.step; x == nil && i >= 0; i-- { // what came from a cache was asked for before
		if i < len(s.Got) && len(s.Got[i].Exchanges) > 0 {
			x = &s.Got[i].Exchanges[len(s.Got[i].Exchanges)-1]
		}
	}
	if x == nil {
		return ""
	}
	words := []string{"curl", "-i"}
	if c.cfg.Address != "" {
		words = append(words, "-k", "--connect-to", ShellWord("::"+c.cfg.Address))
	}
	switch s.Case.Protocol {
	case catalog.HTTP1:
		words = append(words, "--http1.1")
	case catalog.HTTP2:
		words = append(words, "--http2")
	}
	switch x.Request.Method {
	case "GET":
	case "HEAD":
		words = append(words, "-I")
	default:
		words = append(words, "-X", ShellWord(x.Request.Method))
	}
	for _, h := range x.Request.Headers {
		if name := strings.ToLower(h.Name()); name == "accept" && h.Value() == "*/*" || name == "content-length" {
			continue // curl's own
		}
		words = append(words, "-H", headerWord(s.Case, step, h))
	}
	return strings.Join(append(words, ShellWord(x.Server+x.Request.Target)), " ")
}

// headerWord writes a request header for a shell. A secret stands there as the
// variable that the policy takes it from.
func headerWord(pc *catalog.PolicyCase, step *catalog.PolicyStep, h fetch.Header) string {
	if strings.EqualFold(h.Name(), "Cookie") && pc.Jar != "" { // its value is redacted
		for i := range pc.Steps {
			if pc.Steps[i].Auth != nil {
				step = &pc.Steps[i]
			}
		}
		return `"Cookie: ` + strings.ReplaceAll(pc.Jar, catalog.SecretPlaceholder, "$"+secretName(step)) + `"`
	}
	for _, line := range step.Request.Headers {
		own := line.Header()
		if !strings.EqualFold(own.Name(), h.Name()) || !strings.Contains(own.Value(), catalog.SecretPlaceholder) {
			continue
		}
		text := strings.ReplaceAll(string(line), catalog.SecretPlaceholder, "$"+secretName(step))
		return `"` + text + `"`
	}
	return ShellWord(h.Name() + ": " + h.Value())
}

func secretName(step *catalog.PolicyStep) string {
	a := step.Auth
	switch {
	case a == nil:
	case a.Bearer != nil && a.Bearer.Env.Text != "":
		return a.Bearer.Env.Text
	case a.APIKey != nil && a.APIKey.Env.Text != "":
		return a.APIKey.Env.Text
	case a.Cookie != nil && a.Cookie.Env.Text != "":
		return a.Cookie.Env.Text
	}
	return "SECRET"
}

// ShellWord quotes a word for a POSIX shell if necessary.
func ShellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:=@%+,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

package check

import (
	"net"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/wire"
)

// A share says which cases a browser judges.
type share struct {
	engine   browser.EngineName
	origin   fetch.Origin    // of the target
	decided  map[string]bool // decisions that it has judged one case of
	upgraded upgrade
}

func newShare(engine browser.EngineName, origin fetch.Origin) *share {
	return &share{engine: engine, origin: origin, decided: map[string]bool{}}
}

// choose returns those of the cases that the browser judges: one of each decision, or
// all that it can make with [browser.EngineChromium].
func (s *share) choose(checked []*judge.Checked, hasSecret func(*catalog.PolicyCase) bool) []*judge.Checked {
	var chosen []*judge.Checked
	for _, one := range checked {
		pc := one.Case
		switch {
		case one.NotRun != "" || !makes(pc, s.origin) || !hasSecret(pc) || s.upgraded.any(pc):
			continue
		case s.engine != browser.EngineChromium && (s.decided[pc.Decision] || mannerOf(pc) != mannerTogether):
			continue
		}
		s.decided[pc.Decision] = true
		chosen = append(chosen, one)
	}
	return chosen
}

// An upgrade is which pages a target has browsers load by https instead of http: see
// https://www.rfc-editor.org/rfc/rfc6797#section-8.3. There is nobody of ours at such a
// page's https origin.
type upgrade struct {
	host  string // empty: none
	below bool   // the hosts below it, too
}

// notice takes what a target says of it.
func (u *upgrade) notice(target fetch.Origin, traces []fetch.Trace) {
	for _, t := range traces {
		for _, x := range t.Exchanges {
			if x.Response == nil || x.Server != string(target) || !isSecure(target) {
				continue
			}
			for _, line := range x.Response.Headers.Lines("Strict-Transport-Security") {
				u.host, _, _ = strings.Cut(hostportOf(target), ":")
				u.below = u.below || strings.Contains(strings.ToLower(line), "includesubdomains")
			}
		}
	}
}

// any reports whether a page of a case is one of them.
func (u *upgrade) any(pc *catalog.PolicyCase) bool {
	return u.host != "" && slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool {
		host, _, _ := strings.Cut(hostportOf(fetch.Origin(s.Request.Origin)), ":")
		return strings.HasPrefix(s.Request.Origin, "http://") && (host == u.host || u.below && strings.HasSuffix(host, "."+u.host))
	})
}

// makes reports whether the browser can make the requests of a case to the target at
// origin.
func makes(pc *catalog.PolicyCase, origin fetch.Origin) bool {
	return browserMakes(pc) && canServePages(pc, origin)
}

// browserMakes reports whether a browser can make the requests of a case, if there are
// pages for them.
func browserMakes(pc *catalog.PolicyCase) bool {
	drives := len(pc.Drivers) == 0 || slices.Contains(pc.Drivers, catalog.DriverBrowser)
	return drives && pc.Protocol == "" && !repeats(pc)
}

// repeats reports whether a case makes a request several times: a page's calls at
// the same time are told apart by their URL.
func repeats(pc *catalog.PolicyCase) bool {
	return slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool { return s.Repeat > 1 })
}

// canServePages reports whether there can be a page for each step: none can be
// where the target itself answers, nor, with TLS, at a host with a trailing dot,
// whose name Go's TLS refuses. Our page with an opaque origin comes from https, so
// that it may not call a target at http.
func canServePages(pc *catalog.PolicyCase, target fetch.Origin) bool {
	return !slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool {
		origin := s.Request.Origin
		host, _, _ := strings.Cut(hostportOf(fetch.Origin(origin)), ":")
		return origin == string(target) || origin == browser.OpaqueOrigin && !isSecure(target) || strings.HasPrefix(origin, "https://") && strings.HasSuffix(host, ".")
	})
}

// hostportOf returns where an origin is served; empty for one that is served nowhere.
func hostportOf(o fetch.Origin) string {
	host, port, err := wire.SplitOrigin(string(o))
	if err != nil {
		return ""
	}
	return net.JoinHostPort(host, port)
}

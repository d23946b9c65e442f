package scenarios

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/report"
)

// account notes the exchanges that a leg accounts for.
func (s *Stage) account(leg report.Leg) {
	for _, t := range leg.Traces {
		for _, x := range t.Exchanges {
			s.accounted[x.ID] = true
		}
	}
	for _, x := range leg.Behind {
		s.accounted[x.ID] = true
	}
	for _, shown := range leg.Shown {
		for _, x := range shown.Behind {
			s.accounted[x.ID] = true
		}
	}
}

// strays returns what belongs to no row: requests at a recorder that no leg
// accounts for, what the browser asked the page host for in vain, and where it
// wanted to go and was refused.
func (s *Stage) strays() []string {
	strays := append([]string{}, s.Lab.Stray()...)
	recorders := s.System.Recorders()
	for _, f := range s.forwarders {
		recorders = append(recorders, f.Recorder)
	}
	for _, r := range recorders {
		for _, x := range r.Since(0) {
			if !s.accounted[x.ID] && !strings.HasPrefix(x.Request.Target, browser.SentinelPath) {
				strays = append(strays, fmt.Sprintf("%s: %s %s from %s", x.ID, x.Request.Method, x.Request.Target, x.Peer))
			}
		}
	}
	for _, refused := range s.Lab.Router.Refused() {
		strays = append(strays, fmt.Sprintf("to %s: %s", refused.HostPort, refused.Reason))
	}
	return strays
}

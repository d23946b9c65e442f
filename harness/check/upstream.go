package check

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// An upstream stands behind a gateway under test and answers as the case needs that a
// request belongs to: the request's query names it (see [catalog.DeriveConfig].OwnURLs),
// whatever the gateway made of host and path. Safe for concurrent use; whoever made it
// closes it.
type upstream struct{ *wire.ScriptedUpstream }

// newUpstream starts an upstream whose socket is in dir.
func newUpstream(dir string) (*upstream, error) {
	u, err := wire.NewScriptedUpstream(wire.ScriptedUpstreamConfig{
		Socket: filepath.Join(dir, "upstream.sock"), Key: signatureIn,
		Otherwise: scripted(catalog.DefaultAnswer), Preflight: scripted(preflightAnswer),
	})
	if err != nil {
		return nil, err
	}
	return &upstream{u}, nil
}

// script says what the requests of a case are answered with, one after another.
func (u *upstream) script(signature string, answers []catalog.UpstreamAnswer) error {
	list := make([]wire.ScriptedAnswer, len(answers))
	for i, a := range answers {
		list[i] = scripted(a)
	}
	if err := u.Set(signature, list...); err != nil {
		return fmt.Errorf("the scripted upstream: %w", err)
	}
	return nil
}

// signatureIn returns the signature of the case that a request belongs to.
func signatureIn(target string) string {
	_, query, _ := strings.Cut(target, "?")
	values, _ := url.ParseQuery(query)
	return values.Get("case")
}

// preflightAnswer is what the upstream answers preflights with, which are not for
// it: it knows no OPTIONS, as most applications don't.
var preflightAnswer = catalog.UpstreamAnswer{
	Status: http.StatusMethodNotAllowed, Headers: []catalog.HeaderLine{"Content-Type: text/plain", "Cache-Control: no-store", "Allow: GET, POST"}, Body: "corsproof",
}

// scripted is an answer as the upstream writes it: line by line.
func scripted(a catalog.UpstreamAnswer) wire.ScriptedAnswer {
	switch a.Act {
	case catalog.ActResets, catalog.ActRefuses:
		return wire.ScriptedAnswer{Behaviour: wire.BehaviourReset}
	case catalog.ActHangs:
		return wire.ScriptedAnswer{Behaviour: wire.BehaviourSilent}
	case catalog.ActUnasked:
		a = catalog.DefaultAnswer
	}
	out := wire.ScriptedAnswer{Status: a.Status, Reason: http.StatusText(a.Status), Body: fetch.IsomorphicDecode([]byte(a.Body))}
	for _, line := range a.Headers {
		out.RawHeaders = append(out.RawHeaders, fetch.IsomorphicDecode([]byte(line)))
	}
	return out
}

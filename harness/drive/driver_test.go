package drive

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// TestStrayRequestsMakeTheirCaseUnknown: what the browser sends beside a case makes
// that case unknown; what nobody can be found for, each that was driven at the time.
func TestStrayRequestsMakeTheirCaseUnknown(t *testing.T) {
	t.Parallel()
	stray := func(target string) error {
		return &browser.StrayError{Exchanges: []fetch.Exchange{{ID: "s#1.1", Server: "https://api.test", Request: fetch.SentRequest{Method: "GET", Target: target}}}}
	}
	for _, tc := range []struct {
		name    string
		err     error
		unknown []string
	}{
		{"none", nil, nil},
		{"of a case", stray("/two/b?q"), []string{"two"}},
		{"of several", errors.Join(stray("/one/"), stray("/three/x/y")), []string{"one", "three"}},
		{"of nobody", stray("/twotwo/b"), []string{"one", "two"}},
		{"of nobody, beside one of a case", errors.Join(stray("/three/"), stray("/")), []string{"one", "two", "three"}},
	} {
		var runs []*Run
		for _, name := range []string{"one", "two", "three"} {
			r := &Run{Case: name, Owns: func(x fetch.Exchange) bool { return strings.HasPrefix(x.Request.Target, "/"+name+"/") }}
			read := fetch.Trace{Outcome: fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{Type: fetch.ResponseCORS, Status: 200}}}
			r.Traces = []fetch.Trace{read}
			if name == "three" {
				r.Traces = append(r.Traces, read) // it is ahead
			}
			runs = append(runs, r)
		}
		doubt(0, runs, browser.Strays(tc.err))
		var unknown []string
		for _, r := range runs {
			if last := r.Traces[len(r.Traces)-1].Outcome; last.Kind == fetch.OutcomeUnknown {
				unknown = append(unknown, r.Case)
				assert.Contains(t, last.Error, "the browser sent what no job asked for: GET /", tc.name)
			}
		}
		assert.Equal(t, tc.unknown, unknown, tc.name)
	}
}

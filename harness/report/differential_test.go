package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestWriteDifferential(t *testing.T) {
	t.Parallel()
	digest := "sha256:0123456789abcdef"
	cell := func(text, id string) Cell { return Cell{Text: text, Exchanges: []string{id}} }
	withheld := Body{Fate: BodyWithheld, Digest: digest, Length: 6, Exchanges: []string{"api#1.1"}}
	d := Differential{
		Request: fetch.Request{URL: "http://api.test/x", Origin: "http://app.test"},
		Callers: []CallerRow{
			{Caller: fetch.Caller{Name: "chromium", Version: "1"}, Sent: cell("GET", "api#1.1"), Status: cell("200", "api#1.1"), Body: withheld, Refused: cell("the browser", "api#1.1")},
			{Caller: fetch.Caller{Name: "curl", Version: "2"}, Sent: cell("GET", "api#2.1"), Status: cell("200", "api#2.1"),
				Body: Body{Fate: BodyRead, Digest: digest, Length: 6}, Refused: cell("nobody", "api#2.1")},
		},
		Decisive: Decisive{Enforcer: "the browser", Why: "same bytes", Withheld: &withheld, Same: []string{"curl"}, Exceptions: []Exception{{Name: "node", Why: "it read nothing"}}},
	}
	var got bytes.Buffer
	WriteDifferential(&got, d, StylePlain)
	want := `GET http://api.test/x  Origin: http://app.test
┌────────────┬──────┬────────┬─────────────────────────────────────┬─────────────┬───────────┐
│ caller     │ sent │ status │ body                                │ who refused │ exchanges │
├────────────┼──────┼────────┼─────────────────────────────────────┼─────────────┼───────────┤
│ chromium 1 │ GET  │ 200    │ withheld 6 bytes (sha256:01234567…) │ the browser │ api#1.1   │
│ curl 2     │ GET  │ 200    │ read 6 bytes (sha256:01234567…)     │ nobody      │ api#2.1   │
└────────────┴──────┴────────┴─────────────────────────────────────┴─────────────┴───────────┘
who enforced: the browser: same bytes
withheld 6 bytes (sha256:01234567…); read by curl
    except node: it read nothing
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.False(t, d.Decisive.Holds(), "there is an exception")
}

func TestWriteShare(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	WriteShare(&got, Share{Denied: 6, Read: 3, Exceptions: []Exception{
		{Name: "a/b", Why: "other bytes"}, {Name: "a/c", Why: "the request never left", Exchange: "x#1.1"}, {Name: "a/d", Why: "the request never left"}}})
	assert.Equal(t, `in 3 of 6 denied cases (50.0 %) every direct client read, byte for byte, what the browser withheld
    except 2: the request never left: a/c, a/d
    except 1: other bytes: a/b
`, got.String())
	assert.Contains(t, Share{}.String(), "nothing to compare")
}

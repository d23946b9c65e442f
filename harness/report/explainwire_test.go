package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// Where there is no room for all exchanges, the one that decided is shown, and the
// others as far as that goes.
func TestWireLinesHaveTheDecisiveExchange(t *testing.T) {
	t.Parallel()
	exchange := func(method string, status int, names ...string) fetch.Exchange {
		x := fetch.Exchange{Request: fetch.SentRequest{Method: method}, Response: &fetch.SentResponse{Status: status}}
		for _, name := range names {
			x.Response.Headers = append(x.Response.Headers, fetch.Header{name, "x"})
		}
		return x
	}
	good := exchange("OPTIONS", 204, "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Vary")
	bad := exchange("PUT", 401, "Access-Control-Expose-Headers", "Vary")
	evidence := judge.Evidence{Exchanges: []fetch.Exchange{good, bad}, Decisive: 1}
	folded := `OPTIONS  -> 204  Access-Control-Allow-Origin: "x", and 3 more`
	first := `PUT      -> 401  Access-Control-Expose-Headers: "x"`
	for _, tc := range []struct {
		room int
		want []string
	}{
		{6, []string{`OPTIONS  -> 204  Access-Control-Allow-Origin: "x"`, `                 Access-Control-Allow-Methods: "x"`, `                 Access-Control-Allow-Headers: "x"`,
			`                 Vary: "x"`, first, `                 Vary: "x"`}},
		{5, []string{folded, first, `                 Vary: "x"`}},
		{2, []string{first, `                 Vary: "x"`}},
		{1, []string{first + ", and 5 more lines, in the report"}},
	} {
		assert.Equal(t, tc.want, wireLines(evidence, tc.room), tc.room)
	}
	evidence.Decisive, evidence.NeverSent = 0, "PUT"
	assert.Equal(t, "OPTIONS  -> 204  Access-Control-Allow-Origin: \"x\"\n                 Access-Control-Allow-Methods: \"x\"\nand 5 more lines, in the report",
		strings.Join(wireLines(evidence, 3), "\n"))
}

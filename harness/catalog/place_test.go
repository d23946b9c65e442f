package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlaceMovesURLs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, url, want string }{
		{"path", "https://api.test/a?b#c", "https://api.test/t1/a?b#c"},
		{"no path", "https://api.test:25", "https://api.test:25/t1/"},
		{"query alone", "https://api.test?a", "https://api.test/t1/?a"},
		{"credentials", "https://u:p@api.test/a", "https://u:p@api.test/t1/a"},
		{"data", "data:,a", "data:,a"},
		{"no host", "https://", "https://"},
		{"upper case", "HTTPS://APP.test/a", "HTTPS://APP.test/t1/a"},
	} {
		assert.Equal(t, tc.want, placing{token: "t1"}.url(tc.url), tc.name)
	}
	for _, tc := range []struct{ line, want HeaderLine }{
		{"Location: /a", "Location: /t1/a"},
		{"location:  /a", "location:  /t1/a"},
		{"Location: a", "Location: a"},
		{"Location: ?a", "Location: ?a"},
		{"Location: ", "Location: "},
		{"Location: //cdn.test/a", "Location: //cdn.test/t1/a"},
		{`Location: \a`, `Location: /t1\a`},
		{"Location: https://cdn.test/a", "Location: https://cdn.test/t1/a"},
		{"Location: https:a", "Location: https:a"},
		{"Location: https:/a", "Location: https:/t1/a"},
		{"X-A: /a", "X-A: /a"},
	} {
		assert.Equal(t, tc.want, placing{token: "t1"}.line(tc.line, "GET https://api.test/a"))
	}
}

// A Location of a scheme without slashes is a path to a server of that scheme,
// and a host to any other.
func TestPlaceMovesSchemesAlone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		to         string
		line, want HeaderLine
	}{
		{"https://api.test/a", "Location: https:b", "Location: https:b"},
		{"GET HTTPS://api.test/a", "Location: https:b", "Location: https:b"},
		{"http://api.test/a", "Location: https:b", "Location: https:b/t1/"},
		{"https://api.test/a", "Location: http:b/c", "Location: http:b/t1/c"},
	} {
		assert.Equal(t, tc.want, placing{token: "t1"}.line(tc.line, tc.to), tc.to)
	}
}

func TestPlaceGivesHosts(t *testing.T) {
	t.Parallel()
	c := Case{
		Page: Page{Origin: "https://app.x.test", HTTP2: []string{"https://api.x.test"}},
		Step: Step{
			Request: Request{URL: "https://api.x.test/a"},
			Server: []Answer{{To: "GET https://api.x.test/a", Status: 302, Headers: []HeaderLine{
				"Location: https://cdn.test/b", "Set-Cookie: a=b; Domain=x.test", "Access-Control-Allow-Origin: https://app.x.test",
			}}},
			Expect: &Expect{Exchanges: []Exchange{{Send: "GET https://api.x.test/a", Origin: "https://app.x.test"}}},
		},
	}
	before := c.Place("t0") // to see later that nothing was changed
	got := c.Place("t1")
	want := Case{
		Page: Page{Origin: "https://app.x.test", HTTP2: []string{"https://api-t1.x.test"}},
		Step: Step{
			Request: Request{URL: "https://api-t1.x.test/t1/a"},
			Server: []Answer{{To: "GET https://api-t1.x.test/t1/a", Status: 302, Headers: []HeaderLine{
				"Location: https://cdn-t1.test/t1/b", "Set-Cookie: a=b; Domain=x.test", "Access-Control-Allow-Origin: https://app.x.test",
			}}},
			Expect: &Expect{Exchanges: []Exchange{{Send: "GET https://api-t1.x.test/t1/a", Origin: "https://app.x.test"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.Equal(t, before, c.Place("t0"))
	assert.Equal(t, map[string]bool{"https://api-t1.x.test": true}, got.Origins())
}

// Where a case stands changes nothing of what the standard says of it.
func TestPlacedCasesHold(t *testing.T) {
	t.Parallel()
	cases, err := Builtin()
	require.NoError(t, err)
	for i := range cases {
		c := cases[i].Place("t1")
		_, mismatches, err := RunModel(t.Context(), &c, nil)
		require.NoError(t, err, c.ID)
		assert.Empty(t, mismatches, c.ID)
		for _, s := range c.AllSteps() {
			for _, a := range s.Server {
				assert.True(t, strings.Contains(a.To, "/t1/"), "%s: %s", c.ID, a.To)
			}
		}
	}
}

package gateway

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
)

// fixValues are what a fix of each kind may name.
var fixValues = map[policy.FixKind][]string{
	policy.FixAllowMethod: {"PUT", "DELETE"}, policy.FixDenyMethod: {"POST"},
	policy.FixAllowHeader: {"if-match"}, policy.FixDenyHeader: {"content-type"}, policy.FixMaxAge: {"600"},
	policy.FixAllowOrigin: {"https://new.example.com:8443"}, policy.FixDenyOrigin: {"https://evil-shop.example.com"}, policy.FixUnlistOrigin: {"https://left.example.com"},
	policy.FixVary: {"Origin"}, policy.FixOneOwner: {"Access-Control-Allow-Origin", "Access-Control-Max-Age"},
	policy.FixExpose: {"x-total"}, policy.FixHide: {"etag"}, policy.FixOnErrors: {"502", "504"},
}

// Each archive has the wordings of all kinds of fix, for a route with a
// parameter, one without and the whole gateway. Those of nginx are in TestFixes: they
// rest on answers.
func TestFix(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/fix/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, name := range archives {
		base := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			main := configFile(t, map[string]string{"envoy-orders": "gateways/orders/envoy.yaml"}[base])
			c, err := kindOf(main).read(main, Config{})
			require.NoError(t, err)
			var said strings.Builder
			for _, route := range []string{"/orders/{id}", "/stock", ""} {
				for _, kind := range policy.FixKinds() {
					w := word(c, policy.Fix{Kind: kind, Values: fixValues[kind], Route: route})
					assert.NotEmpty(t, w.Text)
					assert.NotEmpty(t, w.File)
					assert.Positive(t, w.Line, "%s on %q: nowhere to put it", kind, route)
					rel, err := filepath.Rel(filepath.Dir(main), w.File)
					require.NoError(t, err)
					fmt.Fprintf(&said, "%s on %q: %s:%d\n    %s\n", kind, route, rel, w.Line, strings.ReplaceAll(w.Text, "\n", "\n    "))
				}
			}
			golden(t, name, map[string]string{"fixes": said.String()})
		})
	}
}

// Without an answer there is nothing to look at, and the fix is words that can't be
// pasted; without a kind there is none.
func TestNginxFixWithoutAnswers(t *testing.T) {
	t.Parallel()
	main := configFile(t, "gateways/orders/nginx.conf")
	c, err := readNginx(main, Config{})
	require.NoError(t, err)
	for _, kind := range policy.FixKinds() {
		w := c.word(policy.Fix{Kind: kind, Values: fixValues[kind]})
		assert.Equal(t, policy.Words, w.Change, kind)
		assert.Equal(t, main, w.File)
		assert.Zero(t, w.Line)
	}
	assert.Equal(t, Wording{}, c.word(policy.Fix{}))
}

package envoy

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
)

func TestBlockAndFlow(t *testing.T) {
	t.Parallel()
	exact := yaml.MapSlice{{Key: "exact", Value: "https://a.test"}}
	expression := yaml.MapSlice{{Key: "safe_regex", Value: yaml.MapSlice{{Key: "regex", Value: `https://pr-[a-z]+\.test`}}}}
	filter := yaml.MapSlice{{Key: "name", Value: "x"}, {Key: "typed_config", Value: yaml.MapSlice{{Key: "@type", Value: "t"}}}}
	assert.Equal(t, "- exact: https://a.test\n- safe_regex: {regex: \"https://pr-[a-z]+\\\\.test\"}\n- name: x\n  typed_config:\n    \"@type\": t\n- word",
		block([]any{exact, expression, filter, "word"}))
	assert.Equal(t, "p:\n  list:\n    - exact: https://a.test", block(yaml.MapSlice{{Key: "p", Value: yaml.MapSlice{{Key: "list", Value: []any{exact}}}}}))
	assert.Equal(t, "{exact: https://a.test}, word", flow([]any{exact, "word"}, "[", "]"))
	assert.Equal(t, "max_age: \"600\"", flow(yaml.MapSlice{{Key: "max_age", Value: "600"}}, "{", "}"))
	assert.Equal(t, "\"\"", flow([]any{""}, "[", "]"))
}

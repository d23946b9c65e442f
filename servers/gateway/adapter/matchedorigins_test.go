package adapter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
)

func TestMatchedOrigins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, pattern string
		want          []string
		why           string
	}{
		{"one", `^https://legacy\.partner\.example$`, []string{"https://legacy.partner.example"}, ""},
		{"alternatives", `^https://(shop|www)\.a\.test$`, []string{"https://shop.a.test", "https://www.a.test"}, ""},
		{"what may be left out", `^https?://a\.test(:\d+)?$`, []string{"https://a.test:8", "http://a.test:8", "https://a.test", "http://a.test"}, ""},
		{"a class of a host's letters", `^https://pr-[a-z0-9-]+\.a\.test$`, []string{"https://pr-x.a.test"}, ""},
		{"all but a dot", `^https://[^.]+\.a\.test$`, []string{"https://x.a.test"}, ""},
		{"digits", `^https://pr-[0-9]{3}\.a\.test$`, []string{"https://pr-888.a.test"}, ""},
		{"no beginning", `\.partner\.example$`, []string{"https://x.partner.example"}, ""},
		{"no end", `^https://partner\.`, []string{"https://partner.test"}, ""},
		{"anywhere", `partner`, []string{"https://partner"}, ""},
		{"without case", `(?i)^https://A\.test$`, []string{"https://a.test"}, ""},
		{"whatever it is", `.*`, []string{"https://x"}, ""},
		{"nothing at all", `^$`, nil, ""},
		{"no browser sends it", `^ftp://a\.test$`, nil, "no origin found that it matches"},
		{"what only PCRE knows", `^https://(?!evil)[a-z]+\.a\.test$`, nil, "cannot parse it: error parsing regexp: invalid or unsupported Perl syntax: `(?!`"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, why := matchedOrigins(tc.pattern)
			assert.Empty(t, cmp.Diff(tc.want, got))
			assert.Equal(t, tc.why, why)
		})
	}
	many, _ := matchedOrigins(`^https?://(a|bb|cc|dd)\.(e|ff|gg|hh)\.test(:\d+)?$`)
	assert.Len(t, many, mostExamples)
}

package fetch_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestProfiles keeps the lists whole: every rule is read somewhere, and every
// entry has a kind, two sentences and a link.
func TestProfiles(t *testing.T) {
	t.Parallel()
	kinds := []fetch.DifferenceKind{fetch.Deviation, fetch.ImplementationDefined, fetch.SpecErratum}
	for _, profile := range []fetch.Profile{fetch.Standard, fetch.Chromium} {
		seen := map[fetch.Rule]bool{}
		for _, d := range profile.Differences {
			assert.False(t, seen[d.Rule], "%s lists %s twice", profile.Name, d.Rule)
			seen[d.Rule] = true
			assert.Contains(t, kinds, d.Kind, d.Rule)
			assert.NotEmpty(t, d.Standard, d.Rule)
			assert.NotEmpty(t, d.Profile, d.Rule)
			assert.True(t, strings.HasPrefix(d.Link, "https://"), "%s has no link", d.Rule)
			if profile.Name == "standard" {
				assert.Equal(t, fetch.SpecErratum, d.Kind, "the standard differs from its text in errata alone")
			}
		}
		found, ok := fetch.ProfileByName(profile.Name)
		require.True(t, ok)
		assert.Equal(t, profile.Name, found.Name)
	}
	_, ok := fetch.ProfileByName("netscape")
	assert.False(t, ok)
}

// TestRulesAreRead fails on a rule that no code asks for, or that the code
// calls an erratum without saying so where it leaves the text.
func TestRulesAreRead(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var source strings.Builder
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			source.Write(data)
		}
	}
	declared := regexp.MustCompile(`(Rule[A-Za-z0-9]+)\s+Rule = "([a-z0-9-]+)"`).FindAllStringSubmatch(source.String(), -1)
	require.Greater(t, len(declared), 10)
	for _, d := range declared {
		constant, name := d[1], d[2]
		read := strings.Contains(source.String(), "has("+constant+")")
		marked := strings.Contains(source.String(), "(erratum "+name+")")
		assert.True(t, read || marked, "%s is neither asked for nor marked as an erratum in code", constant)
	}
}

// TestChromiumDifferences has, for each entry of the profile, one request in
// which the two profiles part. The others are in the tables of their area.
func TestChromiumDifferences(t *testing.T) {
	t.Parallel()
	url := api + "/a"
	header := func(name, value string) fetch.Request {
		return fetch.Request{URL: url, Headers: fetch.HeaderList{{name, value}}}
	}
	for _, tc := range []struct {
		rule               fetch.Rule
		req                fetch.Request
		standard, chromium string
	}{
		{fetch.RuleWildcardAuthorization, header("Authorization", "x"), "cors-preflight-fetch-0 7.6 authorization-not-listed", "cors 200"},
		{fetch.RuleClientHintsSafelisted, header("Save-Data", "on"), "OPTIONS GET cors 200", "GET cors 200"},
		{fetch.RuleClientHintsSafelisted, header("dpr", "2"), "OPTIONS GET cors 200", "GET cors 200"},
	} {
		t.Run(string(tc.rule), func(t *testing.T) {
			t.Parallel()
			for profile, want := range map[*fetch.Profile]string{&fetch.Standard: tc.standard, &fetch.Chromium: tc.chromium} {
				trace := predictWith(t, &fetch.UserAgent{Profile: profile}, tc.req, answers{
					"OPTIONS " + url: one(answer(204, allow("Access-Control-Allow-Headers", "*")...)), url: one(answer(200, allow()...)),
				})
				got := verdict(trace)
				for i := len(trace.Exchanges) - 1; i >= 0; i-- {
					got = trace.Exchanges[i].Request.Method + " " + got
				}
				assert.True(t, strings.HasSuffix(got, want), "%s: %s", profile.Name, got)
				assert.Equal(t, strings.HasPrefix(want, "GET"), strings.HasPrefix(got, "GET"), "%s: %s", profile.Name, got)
			}
		})
	}
}

// TestProfileWithout takes one rule away and leaves the profile as it was.
func TestProfileWithout(t *testing.T) {
	t.Parallel()
	url := api + "/a"
	req := fetch.Request{URL: url, Headers: fetch.HeaderList{{"Save-Data", "on"}, {"DPR", "2"}}}
	for _, tc := range []struct {
		profile *fetch.Profile
		want    int
	}{
		{fetch.Chromium.Without(), 1},
		{fetch.Chromium.Without(fetch.RuleNegativeMaxAge, fetch.RuleClientHintsSafelisted), 2},
		{&fetch.Chromium, 1},
	} {
		trace := predictWith(t, &fetch.UserAgent{Profile: tc.profile}, req, answers{
			url: one(answer(200, allow("Access-Control-Allow-Headers", "*")...)),
		})
		assert.Len(t, trace.Exchanges, tc.want)
		assert.Equal(t, "chromium", trace.Caller.Version)
	}
}

// TestRedactedMisses keeps the model's short way to redact in step with
// [fetch.HeaderList.Redacted].
func TestRedactedMisses(t *testing.T) {
	t.Parallel()
	headers := fetch.HeaderList{}
	for _, name := range []string{"Authorization", "X-API-Key", "Api-Key", "X-Auth-Token", "X-Access-Token", "X-CSRF-Token", "X-XSRF-Token", "X-Other"} {
		headers = append(headers, fetch.Header{name, "secret"})
	}
	trace := predict(t, fetch.Request{URL: page + "/a", Headers: headers}, answers{page + "/a": one(answer(200))})
	assert.Equal(t, headers.Redacted(), trace.Request.Headers)
	assert.Equal(t, "secret", headers[0].Value(), "the caller's list is left alone")
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLintRequests(t *testing.T) {
	t.Parallel()
	const (
		fine  = "curl https://api.test/ -H 'Origin: https://app.test'\n# expect: 200\n"
		wrong = "\ncurl https://api.test/ -X GET -d a=b\n"
	)
	for _, tc := range []struct {
		name, why, file string
		args            []string
		code            int
		says            string
	}{
		{"fine", "nothing to say", fine, nil, exitProven, "1 request, 0 problems\n"},
		{"problem", "place, name, what is wrong, what to write, link", wrong, nil, exitNotProven,
			"suite:2: GET https://api.test/: no browser sends a body with GET; leave the body out, or use a method such as POST (https://fetch.spec.whatwg.org/#dom-request, step 35)\n1 request, 1 problem in 1 of them\n"},
		{"JSON", "one value", wrong, []string{"--json"}, exitNotProven, `"schema": "corsproof.requests/1"`},
		{"mistake", "its place is named", "curl https://a.test/\n# expect: ok\n", nil, exitUsage, `suite:2:1: expected a status, as in "# expect: 200"`},
		{"empty", "a suite without requests is a mistake", "", nil, exitUsage, "suite:1:1: has no requests"},
		{"two files", "wrong use", fine, []string{"suite"}, exitUsage, "accepts 1 arg(s)"},
		{"unknown flag", "wrong use", fine, []string{"--jsn"}, exitUsage, "unknown flag: --jsn"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "suite"), []byte(tc.file), 0o644))
			r := startIn(t, dir, nil, append([]string{"lint-requests", "suite"}, tc.args...)...)
			assert.Equal(t, tc.code, r.wait(t), tc.why)
			assert.Contains(t, r.out, tc.says, tc.why)
			if tc.name == "JSON" {
				assert.True(t, json.Valid([]byte(r.stdout())))
			}
			r.requireNothingLeft(t)
		})
	}
	r := start(t, nil, "lint-requests", "missing")
	assert.Equal(t, exitUsage, r.wait(t))
	assert.Contains(t, r.out, "missing: no such file")
}

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/lint"
)

func TestWriteRequests(t *testing.T) {
	t.Parallel()
	problem := lint.Problem{Item: 1, Line: 3, Name: "read \x1b[31m\n##[add-mask]", Rule: "host-differs", Wrong: "a", Instead: "b", Standard: "https://fetch.spec.whatwg.org/#x", Step: "4"}
	same, other := problem, problem
	other.Item, other.Step = 2, ""
	for _, tc := range []struct {
		name, why string
		in        RequestsSummary
		want      string
	}{
		{"none", "the counts are there always", RequestsSummary{File: "f", Requests: 1}, "1 request, 0 problems\n"},
		{"hostile name", "one line for each problem, and nothing for a terminal", RequestsSummary{File: "f", Requests: 2, Problems: []lint.Problem{problem}},
			`f:3: read \x1b[31m\n#\u0023[add-mask]: a; b (https://fetch.spec.whatwg.org/#x, step 4)` + "\n2 requests, 1 problem in 1 of them\n"},
		{"several", "requests on one line are counted apart", RequestsSummary{File: "f", Requests: 3, Problems: []lint.Problem{problem, same, other}},
			"\n3 requests, 3 problems in 2 of them\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			require.NoError(t, WriteRequests(&b, &tc.in))
			assert.True(t, strings.HasSuffix(b.String(), tc.want), "%s\n%s", tc.why, b.String())
		})
	}
}

func TestWriteRequestsJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, WriteRequestsJSON(&b, &RequestsSummary{File: "f", Requests: 1}))
	assert.JSONEq(t, `{"schema": "corsproof.requests/1", "file": "f", "requests": 1, "withProblems": 0, "problems": []}`, b.String())
	b.Reset()
	require.NoError(t, WriteRequestsJSON(&b, &RequestsSummary{File: "f", Requests: 1, Problems: []lint.Problem{{Line: 2, Name: "n", Rule: "r", Wrong: "w", Instead: "i", Standard: "s", Step: "1"}}}))
	assert.JSONEq(t, `{"schema": "corsproof.requests/1", "file": "f", "requests": 1, "withProblems": 1, "problems": [
		{"item": 0, "line": 2, "name": "n", "rule": "r", "wrong": "w", "instead": "i", "standard": "s", "step": "1"}]}`, b.String())
}

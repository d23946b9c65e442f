package fetch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestCORSCheck(t *testing.T) {
	t.Parallel()
	const (
		allow       = "Access-Control-Allow-Origin"
		credentials = "Access-Control-Allow-Credentials"
		omit        = fetch.CredentialsOmit
		sameOrigin  = fetch.CredentialsSameOrigin
		include     = fetch.CredentialsInclude
	)
	for _, tc := range []struct {
		name    string
		origin  fetch.Origin
		mode    fetch.CredentialsMode
		headers fetch.HeaderList
		want    string // step and detail; empty for success
	}{
		{"missing", page, omit, nil, "2 missing"},
		{"equal", page, omit, fetch.HeaderList{{allow, page}}, ""},
		{"name-any-case", page, omit, fetch.HeaderList{{"ACCESS-CONTROL-ALLOW-ORIGIN", page}}, ""},
		{"wildcard", page, sameOrigin, fetch.HeaderList{{allow, "*"}}, ""},
		{"wildcard-include", page, include, fetch.HeaderList{{allow, "*"}, {credentials, "true"}}, "4 wildcard-with-credentials"},
		{"wildcard-twice", page, omit, fetch.HeaderList{{allow, "*"}, {allow, "*"}}, "4 multiple"},
		{"two-lines-same", page, omit, fetch.HeaderList{{allow, page}, {allow, page}}, "4 multiple"},
		{"list", page, omit, fetch.HeaderList{{allow, page + ", https://b.example"}}, "4 multiple"},
		{"other", page, omit, fetch.HeaderList{{allow, "https://b.example"}}, "4 mismatch"},
		{"port", page, omit, fetch.HeaderList{{allow, page + ":8443"}}, "4 mismatch"},
		{"default-port", page, omit, fetch.HeaderList{{allow, page + ":443"}}, "4 mismatch"},
		{"upper-case", page, omit, fetch.HeaderList{{allow, "HTTPS://app.example.com"}}, "4 mismatch"},
		{"slash", page, omit, fetch.HeaderList{{allow, page + "/"}}, "4 mismatch"},
		{"empty", page, omit, fetch.HeaderList{{allow, ""}}, "4 invalid"},
		{"pattern", page, omit, fetch.HeaderList{{allow, "https://*.example.com"}}, "4 mismatch"},
		{"null-for-page", page, omit, fetch.HeaderList{{allow, "null"}}, "4 mismatch"},
		{"null-for-opaque", fetch.OpaqueOrigin, omit, fetch.HeaderList{{allow, "null"}}, ""},
		{"NULL-for-opaque", fetch.OpaqueOrigin, omit, fetch.HeaderList{{allow, "NULL"}}, "4 invalid"},
		{"include", page, include, fetch.HeaderList{{allow, page}, {credentials, "true"}}, ""},
		{"include-missing", page, include, fetch.HeaderList{{allow, page}}, "8 credentials-missing"},
		{"include-True", page, include, fetch.HeaderList{{allow, page}, {credentials, "True"}}, "8 credentials-invalid"},
		{"include-1", page, include, fetch.HeaderList{{allow, page}, {credentials, "1"}}, "8 credentials-invalid"},
		{"include-twice", page, include, fetch.HeaderList{{allow, page}, {credentials, "true"}, {credentials, "true"}}, "8 credentials-invalid"},
		{"credentials-not-asked", page, omit, fetch.HeaderList{{allow, page}, {credentials, "nonsense"}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := fetch.CORSCheck(tc.origin, tc.mode, tc.headers)
			if tc.want == "" {
				assert.Nil(t, got)
				return
			}
			if assert.NotNil(t, got) {
				assert.Equal(t, "concept-cors-check", got.Phase)
				assert.Equal(t, tc.want, got.Step+" "+got.Detail)
				assert.NotEmpty(t, got.Sentence)
			}
		})
	}
}

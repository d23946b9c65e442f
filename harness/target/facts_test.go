package target_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/target"
)

// Who forgets to say something gets the careful answer.
func TestZeroFactsAreCareful(t *testing.T) {
	t.Parallel()
	var f target.Facts
	assert.False(t, f.Ours)
	assert.Equal(t, target.SafeRequests, f.Requests)
	assert.Equal(t, target.PolicyURLs, f.URLs)
	assert.Equal(t, target.ReasonUnknown, f.Reason(http.StatusBadRequest, "x"))
}

func TestReasonAsksTheTarget(t *testing.T) {
	t.Parallel()
	f := target.Facts{Recognize: func(status int, body string) target.Reason {
		if status == http.StatusBadRequest && body == "page" {
			return target.ReasonNoClientCertificate
		}
		return target.ReasonUnknown
	}}
	assert.Equal(t, target.ReasonNoClientCertificate, f.Reason(http.StatusBadRequest, "page"))
	assert.Equal(t, target.ReasonUnknown, f.Reason(http.StatusOK, "page"))
}

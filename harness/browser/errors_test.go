package browser

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestEvidenceProblems(t *testing.T) {
	t.Parallel()
	stray := func(id string) error { return &StrayError{[]fetch.Exchange{{ID: id}}} }
	disagreement, gone := &DisagreementError{Job: "j"}, fmt.Errorf("observe: %w", ErrBrowserGone)
	for _, tc := range []struct {
		name   string
		err    error
		want   bool
		strays []string
	}{
		{"none", nil, false, nil},
		{"stray", stray("a"), true, []string{"a"}},
		{"disagreement", fmt.Errorf("observe: %w", disagreement), true, nil},
		{"several", errors.Join(fmt.Errorf("observe: %w", errors.Join(stray("a"), disagreement)), stray("b")), true, []string{"a", "b"}},
		{"another", gone, false, nil},
		{"beside another", errors.Join(stray("a"), gone), false, []string{"a"}},
	} {
		assert.Equal(t, tc.want, IsEvidenceProblem(tc.err), tc.name)
		var ids []string
		for _, x := range Strays(tc.err) {
			ids = append(ids, x.ID)
		}
		assert.Equal(t, tc.strays, ids, tc.name)
	}
}

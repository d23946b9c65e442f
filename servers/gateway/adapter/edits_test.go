package adapter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEditsThatContradict(t *testing.T) {
	t.Parallel()
	s := &Source{Name: "a.conf", Text: []byte("one\ntwo three\n")}
	var all Edits
	all.Add(WhatLog, s, 4, 7, "2")
	all.Add(WhatLog, s, 4, 7, "2")
	all.Add(WhatLog, s, 8, 13, "three")
	assert.Len(t, all, 1, "the same edit twice, and one that changes nothing")
	out, err := all.Apply(s)
	require.NoError(t, err)
	assert.Equal(t, "one\n2 three\n", string(out))
	all.Add(WhatLog, s, 4, 7, "zwei")
	_, err = all.Apply(s)
	assert.ErrorContains(t, err, `a.conf:2: the file is included twice, and this place would have to become both "2" and "zwei"`)
}

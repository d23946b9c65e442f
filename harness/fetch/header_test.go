package fetch

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
)

func TestGetJoinsAllLines(t *testing.T) {
	t.Parallel()
	list := HeaderList{{"Vary", "Origin"}, {"vary", "Accept"}, {"X", ""}}
	got, ok := list.Get("VARY")
	assert.True(t, ok)
	assert.Equal(t, "Origin, Accept", got)
	got, ok = list.Get("x")
	assert.True(t, ok, "an empty line is there")
	assert.Empty(t, got)
	_, ok = list.Get("y")
	assert.False(t, ok)
	assert.Equal(t, []string{"Origin", "Accept"}, list.Lines("Vary"))
}

func TestNamesFoldASCIIAlone(t *testing.T) {
	t.Parallel()
	// U+212A, the Kelvin sign, folds to k under Unicode's rules.
	assert.False(t, HeaderList{{"\u212aey", "1"}}.Contains("key"))
	assert.True(t, HeaderList{{"KEY", "1"}}.Contains("key"))
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	secrets := HeaderList{
		{"Authorization", "Bearer abc.def"},
		{"authorization", "naked"},
		{"Cookie", "sid=123; theme=dark"},
		{"Set-Cookie", "sid=123; SameSite=None; Secure"},
		{"X-API-Key", "k"},
		{"Origin", "https://a.example"},
	}
	want := HeaderList{
		{"Authorization", "Bearer [redacted, 7 bytes]"},
		{"authorization", "[redacted, 5 bytes]"},
		{"Cookie", "sid=[redacted, 3 bytes]; theme=[redacted, 4 bytes]"},
		{"Set-Cookie", "sid=[redacted, 3 bytes]; SameSite=None; Secure"},
		{"X-API-Key", "[redacted, 1 bytes]"},
		{"Origin", "https://a.example"},
	}
	if diff := cmp.Diff(want, secrets.Redacted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.Equal(t, "abc.def", secrets[0].Value()[7:], "the original stays")
}

func TestPayloadTellsEmptyFromAbsent(t *testing.T) {
	t.Parallel()
	assert.NotEqual(t, Payload{}, PayloadOf(nil), "an empty body has a digest")
	assert.Equal(t, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", PayloadOf(nil).Digest)
	long := make([]byte, PrefixLimit+1)
	assert.Len(t, PayloadOf(long).Prefix, PrefixLimit)
	assert.EqualValues(t, PrefixLimit+1, PayloadOf(long).Length)
	assert.Equal(t, "\u00ff", PayloadOf([]byte{0xff}).Prefix)
}

package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// PrefixLimit is the number of bytes of a body that a trace keeps.
const PrefixLimit = 2048

// A Payload is a body as a trace keeps it: its digest and length, and its first bytes.
// The zero Payload is an absent body; an empty body has a digest.
type Payload struct {
	// Digest is "sha256:" and the lower-case hexadecimal digest of all bytes.
	Digest string `json:"digest,omitempty"`
	// Length is in bytes.
	Length int64 `json:"length"`
	// Prefix holds the first [PrefixLimit] bytes, isomorphic decoded.
	Prefix string `json:"prefix,omitempty"`
}

// PayloadOf returns the payload of a whole body.
func PayloadOf(body []byte) Payload {
	var b PayloadBuilder
	b.Write(body)
	return b.Payload()
}

// A PayloadBuilder is an [io.Writer] that computes the payload of a body. The zero value
// is ready to use. It is not safe for concurrent use.
type PayloadBuilder struct {
	hash   hash.Hash
	length int64
	prefix []byte
}

// Write adds the next bytes of the body. It never fails.
func (b *PayloadBuilder) Write(p []byte) (int, error) {
	if b.hash == nil {
		b.hash = sha256.New()
	}
	b.hash.Write(p)
	b.length += int64(len(p))
	if room := PrefixLimit - len(b.prefix); room > 0 {
		b.prefix = append(b.prefix, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// Payload returns the payload of what was written so far; without any bytes, that of an
// empty body.
func (b *PayloadBuilder) Payload() Payload {
	if b.hash == nil {
		b.hash = sha256.New()
	}
	return Payload{
		Digest: "sha256:" + hex.EncodeToString(b.hash.Sum(nil)),
		Length: b.length,
		Prefix: IsomorphicDecode(b.prefix),
	}
}

// IsomorphicDecode is https://infra.spec.whatwg.org/#isomorphic-decode.
func IsomorphicDecode(p []byte) string {
	ascii := true
	for _, c := range p {
		if c >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return string(p)
	}
	r := make([]rune, len(p))
	for i, c := range p {
		r[i] = rune(c)
	}
	return string(r)
}

// IsomorphicEncode is https://infra.spec.whatwg.org/#isomorphic-encode. It
// reports false if s holds a code point above U+00FF.
func IsomorphicEncode(s string) ([]byte, bool) {
	p := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return nil, false
		}
		p = append(p, byte(r))
	}
	return p, true
}

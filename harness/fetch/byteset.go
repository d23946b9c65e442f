package fetch

// A byteSet is a set of bytes, looked up in one step.
type byteSet [256]bool

// newByteSet returns the set of the bytes for which in is true.
func newByteSet(in func(byte) bool) *byteSet {
	var s byteSet
	for c := range len(s) {
		s[c] = in(byte(c))
	}
	return &s
}

// anyIn reports whether a byte of s is in the set.
func (b *byteSet) anyIn(s string) bool { return b.index(s) >= 0 }

// trim cuts bytes that are in the set off both ends of s.
func (b *byteSet) trim(s string) string {
	for s != "" && b[s[0]] {
		s = s[1:]
	}
	for s != "" && b[s[len(s)-1]] {
		s = s[:len(s)-1]
	}
	return s
}

// index returns the index of the first byte of s that is in the set, or -1.
func (b *byteSet) index(s string) int {
	for i := range len(s) {
		if b[s[i]] {
			return i
		}
	}
	return -1
}

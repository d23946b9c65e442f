package fuzz

import (
	"math/rand/v2"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A choice is what may stand in one place, with how often relative to the rest.
type choice[T any] []struct {
	weight int
	value  T
}

// pick returns one of the values.
func pick[T any](r *rand.Rand, c choice[T]) T {
	total := 0
	for _, alternative := range c {
		total += alternative.weight
	}
	n := r.IntN(total)
	for _, alternative := range c {
		if n -= alternative.weight; n < 0 {
			return alternative.value
		}
	}
	panic("unreachable: the weights add up to the total")
}

// oneOf returns one of the values, each as often.
func oneOf[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// chance reports true in so many of 100 cases.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// anyCase returns s with the case of some letters changed.
func anyCase(r *rand.Rand, s string) string {
	switch r.IntN(4) {
	case 0:
		return strings.ToLower(s)
	case 1:
		return strings.ToUpper(s)
	}
	return s
}

// oddByte returns a byte that a value may hold on the wire and that most
// grammars don't allow, isomorphic decoded. NUL, CR and LF aren't among them:
// they end a value, or the connection.
func oddByte(r *rand.Rand) string {
	b := byte(1 + r.IntN(255))
	switch {
	case b == '\n', b == '\r':
		b = 0x7F
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		b = "\"():;<>?@[\\]{},/= \t\x7f\x01\x80\xff"[int(b)%22]
	}
	return fetch.IsomorphicDecode([]byte{b})
}

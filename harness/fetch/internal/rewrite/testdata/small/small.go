// Package small has one of everything that is mutated, and some of what isn't.
package small

import (
	"errors"
	"strings"
)

const limit = 20

type record struct {
	name     string
	sentence string
}

var vowel = newSet(func(c byte) bool { return c == 'a' || c == 'e' })

func newSet(in func(byte) bool) [256]bool {
	var s [256]bool
	for i := range s {
		s[i] = in(byte(i))
	}
	return s
}

// Judge is what is called.
//
// https://fetch.spec.whatwg.org/#concept-small
func Judge(name string, n int) (record, error) {
	var r record
	// Step 1.
	if n > limit && name != "" {
		return r, errors.New("above the limit of " + word(n))
	}
	// Step 2.
	switch name {
	case "one", "two":
		n++
	}
	// Step 2.1.
	long := len(name) > 3
	for i := 0; i < n; i++ {
		r.name += strings.Repeat("x", 2)
	}
	if long {
		r.sentence = word(n)
	}
	r.count(vowel[name[0]])
	return r, nil
}

func (r *record) count(is bool) {
	if is {
		r.name = "true"
	}
}

// word is reached through an error and a sentence alone.
func word(n int) string {
	if n > 1 {
		return "many"
	}
	return "one"
}

// unreached is called by nobody.
func unreached() bool { return true }

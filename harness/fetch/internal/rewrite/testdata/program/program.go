// Command program prints what answers gives, with none of its mutants and then
// with each.
package main

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch/internal/point"
)

const limit = 20

var odd = table(func(n int) bool { return n%2 == 1 })

func table(in func(int) bool) (t [4]bool) {
	for i := range t {
		t[i] = in(i)
	}
	return t
}

func main() {
	for id := range point.Sites + 1 {
		point.Activate(id)
		fmt.Println(answers())
	}
}

func answers() string {
	var b strings.Builder
	for n := 18; n <= 22; n++ {
		b.WriteString(size(n))
	}
	for _, s := range []string{"a", "cd", "e", "fd"} {
		if name(s) && !strings.HasSuffix(s, "d") {
			b.WriteString(s)
		}
		if name(s) || strings.HasSuffix(s, "e") {
			b.WriteString("named ")
		}
		if strings.HasPrefix(s, "f") {
			b.WriteString("f")
		}
	}
	for _, is := range odd {
		if is {
			b.WriteString("odd")
			continue
		}
		b.WriteString("even")
	}
	return b.String()
}

func size(n int) string {
	if n > limit {
		return "large "
	}
	return "small "
}

func name(s string) bool {
	switch s {
	case "a", "cd":
		return true
	}
	return false
}

package check

import (
	"flag"
	"regexp"
	"strings"
)

// selection is what the flags of go test say.
type selection struct{ run, skip string }

func testFlags() selection {
	value := func(name string) string {
		if f := flag.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	return selection{value("test.run"), value("test.skip")}
}

// selectedBy says of the name of a subtest of test whether the flags select it: what
// package testing decides only once the subtest is there, when its case has to be
// checked already.
func selectedBy(s selection, test string) func(id string) bool {
	run, skip := patterns(s.run), patterns(s.skip)
	return func(id string) bool {
		name := strings.Split(test+"/"+id, "/")
		return (len(run) == 0 || run.match(name, false)) && !skip.match(name, true)
	}
}

// alternatives are lists of expressions, one for each level of a name.
type alternatives [][]*regexp.Regexp

// match reports whether one of them matches a name; to the end of its own
// expressions if whole.
func (a alternatives) match(name []string, whole bool) bool {
	for _, levels := range a {
		matches := !whole || len(name) >= len(levels)
		for i := range min(len(name), len(levels)) {
			matches = matches && levels[i].MatchString(name[i])
		}
		if matches {
			return true
		}
	}
	return false
}

// patterns splits an expression of -run or -skip: at | into alternatives and at /
// into levels, but not within brackets. Blanks stand for underscores, as in names.
func patterns(text string) alternatives {
	if text == "" {
		return nil
	}
	var out alternatives
	var levels []*regexp.Regexp
	start, brackets, parentheses := 0, 0, 0
	level := func(end int) {
		// Package testing has compiled it before any test ran.
		levels = append(levels, regexp.MustCompile(strings.ReplaceAll(text[start:end], " ", "_")))
		start = end + 1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '[':
			brackets++
		case c == ']' && brackets > 0:
			brackets--
		case brackets > 0:
		case c == '(':
			parentheses++
		case c == ')':
			parentheses--
		case parentheses > 0:
		case c == '/':
			level(i)
		case c == '|':
			level(i)
			out, levels = append(out, levels), nil
		}
	}
	level(len(text))
	return append(out, levels)
}

package pasted

import (
	"fmt"
	"strings"
)

// readArguments sorts the words behind curl's name into flags and URLs, as curl
// does, and hands each to line.
func readArguments(text string, words []word, line *curlLine) *Error {
	for i := 0; i < len(words); {
		w := words[i]
		i++
		var err *Error
		switch {
		case strings.HasPrefix(w.text, "--") && len(w.text) > 2:
			i, err = readLong(text, words, i, line)
		case strings.HasPrefix(w.text, "-") && len(w.text) > 1:
			i, err = readShort(text, words, i, line)
		default:
			err = line.addURL(w.text, w.at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readLong reads the flag words[next-1] with its value, and returns the index
// behind both.
func readLong(text string, words []word, next int, line *curlLine) (int, *Error) {
	w := words[next-1]
	name, value, glued := strings.Cut(w.text[2:], "=")
	f, off := flagByLong(name)
	if f == nil {
		return next, errorAt(text, w.at, "unknown flag %s%s", printable("--"+name), nearestFlag(name))
	}
	a := argument{flag: f, spelled: "--" + name, value: value, at: w.at, valueAt: w.at, off: off}
	switch {
	case glued && !f.takesValue:
		return next, errorAt(text, w.at, "%s takes no value", a.spelled)
	case f.takesValue && !glued:
		if next >= len(words) {
			return next, errorAt(text, w.at, "%s lacks its value", a.spelled)
		}
		a.value, a.valueAt = words[next].text, words[next].at
		next++
	}
	return next, line.apply(a)
}

// readShort reads the flags of words[next-1], of which the last may have a value.
func readShort(text string, words []word, next int, line *curlLine) (int, *Error) {
	w := words[next-1]
	for i := 1; i < len(w.text); i++ {
		f := flagByShort(w.text[i])
		at := w.at
		if strings.HasPrefix(text[min(w.at, len(text)):], w.text) {
			at += i // the flag itself, where no quotes stand before it
		}
		if f == nil {
			what := printable("-" + w.text[i:i+1])
			if i > 1 || len(w.text) > 2 {
				what += fmt.Sprintf(" in %s", printable(w.text[:i+1]))
			}
			suggestion := ""
			if i == 1 && len(w.text) > 2 {
				suggestion = nearestFlag(w.text[1:])
			}
			return next, errorAt(text, at, "unknown flag %s%s", what, suggestion)
		}
		a := argument{flag: f, spelled: "-" + w.text[i:i+1], at: at, valueAt: w.at}
		if !f.takesValue {
			if err := line.apply(a); err != nil {
				return next, err
			}
			continue
		}
		if a.value = w.text[i+1:]; a.value == "" {
			if next >= len(words) {
				return next, errorAt(text, at, "%s lacks its value", a.spelled)
			}
			a.value, a.valueAt = words[next].text, words[next].at
			next++
		}
		return next, line.apply(a)
	}
	return next, nil
}

// printable returns the name of an unknown flag, cut to what a name may be: what
// was meant as a value can stand there.
func printable(name string) string {
	const longest = 40
	end := prefixOf(name, func(c byte) bool { return c > ' ' && c < 0x7f && c != ':' && c != '"' && c != '\'' && c != '{' })
	if end > longest {
		end = longest
	}
	if end < len(name) {
		return name[:end] + "…"
	}
	return name
}

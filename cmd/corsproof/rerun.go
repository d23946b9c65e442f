package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/corsproof/corsproof/harness/judge"
)

// onlyOnce are the flags of a check that say what is told of it and where, or that
// stand in a rerun by themselves.
var onlyOnce = []string{"target", "case", "json", "junit", "markdown", "annotations", "fail-on"}

// rerun is the line with which a check is made again, for a shell, without the case:
// the same policy on the same target, with every flag that was given and that says
// what runs, and how.
func rerun(file, target string, given *pflag.FlagSet) string {
	words := []string{"corsproof", "check", file, "--target", target}
	given.Visit(func(f *pflag.Flag) {
		if slices.Contains(onlyOnce, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			words = append(words, "--"+f.Name, value)
		}
	})
	for i, word := range words {
		words[i] = judge.ShellWord(word)
	}
	return strings.Join(words, " ")
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// survivorsFile lists the mutants that may survive: name, tab, reason.
const survivorsFile = "harness/catalog/survivors.tsv"

// equivalent begins the reason of a mutant that does what the model does.
const equivalent = "equivalent: "

// readReasons reads a file of names and reasons. Lines that begin with # are
// comments.
func readReasons(root, file string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	reasons, n := map[string]string{}, 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, "\t")
		switch {
		case !ok || strings.TrimSpace(reason) == "":
			return nil, fmt.Errorf("%s:%d: expected a name, a tab and a reason", file, n)
		case reasons[name] != "":
			return nil, fmt.Errorf("%s:%d: %s is listed twice", file, n, name)
		}
		reasons[name] = reason
	}
	return reasons, nil
}

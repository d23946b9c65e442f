package fuzz

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
)

// shorterLines are simpler forms of a header line: without odd whitespace, with
// no value or a short one, with either half of its value, less its first or last
// character, less one item of a list. All of them are fine.
func shorterLines(line catalog.HeaderLine, g grain) []catalog.HeaderLine {
	if g == coarse {
		return nil
	}
	name, value, _ := strings.Cut(string(line), ":")
	name, value = strings.TrimRight(name, " "), strings.TrimPrefix(value, " ")
	var out []catalog.HeaderLine
	add := func(value string) {
		if shorter := catalog.HeaderLine(name + ": " + value); shorter != line && len(shorter) <= len(line) && !slices.Contains(out, shorter) {
			out = append(out, shorter)
		}
	}
	add(strings.Trim(value, " \t"))
	plain := []string{"", "1"}
	if strings.HasPrefix(strings.ToLower(name), "access-control-") {
		plain = []string{"*", "true", "PUT", "x-a"}
	}
	for _, value := range plain {
		add(value)
	}
	runes := []rune(value)
	if n := len(runes); n > 1 {
		add(string(runes[n/2:]))
		add(string(runes[:n/2]))
		add(string(runes[1:]))
		add(string(runes[:n-1]))
	}
	items := strings.Split(value, ",")
	for i := range items {
		if len(items) > 1 {
			add(strings.TrimSpace(strings.Join(slices.Delete(slices.Clone(items), i, i+1), ",")))
		}
	}
	if canonical, ok := fetchNames[strings.ToLower(name)]; ok && canonical != name {
		out = append(out, catalog.HeaderLine(canonical+": "+value))
	}
	return out
}

// fetchNames are the header names of the CORS protocol as the standard writes
// them.
var fetchNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
		"Access-Control-Max-Age", "Access-Control-Expose-Headers", "Authorization", "Content-Type", "Accept", "Range", "Location",
	} {
		names[strings.ToLower(name)] = name
	}
	return names
}()

// setItem replaces an item by a simpler one, if it is still about the same
// header.
func setItem(list []catalog.HeaderLine, i int, line catalog.HeaderLine) {
	if i < len(list) && strings.EqualFold(list[i].Header().Name(), line.Header().Name()) {
		list[i] = line
	}
}

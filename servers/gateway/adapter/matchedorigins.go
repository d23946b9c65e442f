package adapter

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// mostExamples is the maximum number of origins tried for an expression.
const mostExamples = 16

// matchedOrigins returns origins that an expression matches, or why it has none
// to try.
func matchedOrigins(pattern string) (origins []string, why string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, "cannot parse it: " + err.Error()
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, "cannot parse it: " + err.Error()
	}
	for _, text := range examples(tree) {
		if text == "" && len(origins) > 0 {
			continue // it is completed to what begins or ends in any text
		}
		if origin, ok := completed(text, expression.MatchString); ok && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if len(origins) == 0 && !expression.MatchString("") {
		return nil, "no origin found that it matches"
	}
	return origins, ""
}

// matchesSeveral reports whether an expression matches more than one origin.
func matchesSeveral(pattern string) bool {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return true
	}
	begins, ends := false, false
	var open func(re *syntax.Regexp) bool
	open = func(re *syntax.Regexp) bool {
		switch re.Op {
		case syntax.OpBeginText:
			begins = true
		case syntax.OpEndText:
			ends = true
		case syntax.OpLiteral:
			return re.Flags&syntax.FoldCase != 0
		case syntax.OpConcat, syntax.OpCapture:
			return slices.ContainsFunc(re.Sub, open)
		default:
			return true
		}
		return false
	}
	return open(tree) || !begins || !ends
}

// completed makes an origin of a text that was found in one.
func completed(text string, matches func(string) bool) (string, bool) {
	for _, origin := range []string{text, "https://" + text, "https://x" + text, "https" + text} {
		for _, end := range []string{"", "test", ".test"} {
			o := origin + end
			_, host, _ := strings.Cut(o, "://")
			if !strings.Contains("."+host+".", "..") && IsOrigin(o) && matches(o) {
				return o, true
			}
		}
	}
	return "", false
}

// examples returns texts that an expression matches: of alternatives and of what
// may be left out each, of what repeats and of classes of letters one, but of a
// small class each.
func examples(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 {
			text = strings.ToLower(text)
		}
		return []string{text}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x"}
	case syntax.OpCharClass:
		return letters(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return examples(re.Sub[0])
	case syntax.OpQuest, syntax.OpStar:
		return append(examples(re.Sub[0]), "")
	case syntax.OpRepeat:
		var all []string
		for _, text := range examples(re.Sub[0]) {
			all = append(all, strings.Repeat(text, max(re.Min, 1)))
		}
		if re.Min == 0 {
			all = append(all, "")
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, examples(sub)...)
		}
		return all
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			var longer []string
			for _, end := range examples(sub) {
				for _, text := range all {
					longer = append(longer, text+end)
				}
			}
			all = longer[:min(len(longer), mostExamples)]
		}
		return all
	}
	return []string{""} // what has no width
}

// smallClass is the maximum number of characters of a class that are all tried.
const smallClass = 3

// letters returns letters of a class, which is given as ranges.
func letters(ranges []rune) []string {
	var all []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && len(all) <= smallClass; r++ {
			all = append(all, string(r))
		}
	}
	if len(all) > 0 && len(all) <= smallClass {
		return all
	}
	for _, usual := range "x8-.:_" { // the first that a host, or a port, may have
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= usual && usual <= ranges[i+1] {
				return []string{string(usual)}
			}
		}
	}
	return all[:min(1, len(all))]
}

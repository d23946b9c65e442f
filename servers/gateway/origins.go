package gateway

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// namedOrigins are the origins that a config names, in the order in which it
// does, and notes of the entries of which it can't be told whom they mean.
type namedOrigins struct {
	all   []policy.NamedOrigin
	notes []Note
	// alone are the lines with one entry and nothing else.
	alone map[policy.Position]bool
}

// NamedOrigins returns every origin that the config names somewhere, and of each
// expression some that it matches. Entries of which none can be told are among
// the Notes. The slice is the caller's.
func (g *Gateway) NamedOrigins() []policy.NamedOrigin { return g.config.named().all }

// NamedOrigins returns what [Gateway.NamedOrigins] of a config does, and starts
// nothing. The error says why the config can't be read.
func NamedOrigins(k Kind, file string) ([]policy.NamedOrigin, error) {
	if _, err := ParseKind(string(k)); err != nil {
		return nil, err
	}
	c, err := kinds[k].read(file, Config{})
	if err != nil {
		return nil, fmt.Errorf("gateway %s: %s can't be read:\n%w", k, file, err)
	}
	return c.named().all, nil
}

// origin adds one that stands there as it is; what no browser sends is nobody's.
func (n *namedOrigins) origin(at policy.Position, entry, origin string) {
	n.add(policy.NamedOrigin{Origin: origin, Entry: entry, At: at})
}

func (n *namedOrigins) add(named policy.NamedOrigin) {
	if isOrigin(named.Origin) && !slices.Contains(n.all, named) {
		n.all = append(n.all, named)
	}
}

// expression adds origins that an expression matches, which the gateway searches
// for anywhere.
func (n *namedOrigins) expression(at policy.Position, entry, pattern string) {
	origins, why := matchedOrigins(pattern)
	several := matchesSeveral(pattern)
	if why != "" {
		n.note(at, entry, why)
	}
	for _, origin := range origins {
		n.add(policy.NamedOrigin{Origin: origin, Matched: several, Entry: entry, At: at})
	}
}

func (n *namedOrigins) note(at policy.Position, entry, why string) {
	note := Note{File: at.File, Line: at.Line, Text: fmt.Sprintf("whom %s lets read was not tried by its own text: %s", entry, why)}
	if !slices.Contains(n.notes, note) {
		n.notes = append(n.notes, note)
	}
}

// isOrigin reports whether a browser can send it as the Origin of a page that has
// one.
func isOrigin(text string) bool {
	origin, err := fetch.ParseOrigin(text)
	return err == nil && !origin.IsOpaque()
}

// mostExamples is how many origins are tried of one expression.
const mostExamples = 16

// matchedOrigins returns origins that an expression matches, or why it has none
// to try.
func matchedOrigins(pattern string) (origins []string, why string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, "it can't be read here: " + err.Error()
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, "it can't be read here: " + err.Error()
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
		return nil, "no origin was found that it matches"
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
			if !strings.Contains("."+host+".", "..") && isOrigin(o) && matches(o) {
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

// smallClass is how many letters a class has at most of which each is tried.
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

// unlist words that entries which name origins are to go: as lines to take out, if
// each is on a line of its own.
func (n namedOrigins) unlist(f policy.Fix) (Wording, bool) {
	var all []Wording
	seen := map[policy.Position]bool{}
	for _, named := range n.all {
		if !slices.Contains(f.Values, named.Origin) || seen[named.At] {
			continue
		}
		seen[named.At] = true
		w := Wording{Change: policy.Remove, File: named.At.File, Line: named.At.Line}
		if !n.alone[named.At] {
			w.Change, w.Text = policy.Words, "# take out: "+named.Entry
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return Wording{}, false
	}
	w := all[0]
	w.More = all[1:]
	return w, true
}

// literal returns the origin that a text consists of.
func literal(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, strings.Contains(text, "://") && !strings.ContainsAny(text, "$% ")
}

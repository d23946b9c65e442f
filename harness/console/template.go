package console

import (
	"regexp"
	"strings"
)

// A template is one message of an engine.
type template struct {
	// code is the engine's name of it. A placeholder in it takes what the words
	// hold.
	code string
	// words are the engine's, in straight single quotes, with a placeholder for
	// what the engine fills in; tail may follow them and may be missing. A final
	// full stop is left out: copies lose it.
	words, tail string
	// because is what the message means.
	because cause
	// of names the response that the message is about.
	of response
	// both marks a message that Chromium also has for a preflight's response, with
	// "Preflight" before its code.
	both bool
	// led marks words that are too common to mean anything without the engine's
	// words before them.
	led bool
	// either marks a message that is the same for a preflight's response and the
	// response itself.
	either bool
	// echo marks a message that says no more than that a request failed.
	echo bool
	// caveat is what the message can't tell.
	caveat string

	engine  string
	pattern *regexp.Regexp
}

// A response is how texts name the response that a message is about.
type response int

const (
	theResponse response = iota
	preflightResponse
	redirectResponse
)

// A lead is what an engine says before the reason.
type lead struct {
	words string
	// whole marks words that are a message without a reason, too.
	whole bool
	// of is the response that the lead says it is about, if it does.
	of response

	engine  string
	pattern *regexp.Regexp
}

var (
	placeholder = regexp.MustCompile(`'?\{[a-z]+\}'?`)
	// expressions are what placeholders stand for. An unquoted URL may be broken
	// over lines, where it goes on with what looks like a URL.
	expressions = map[string]string{
		"location": `<?[a-zA-Z][a-zA-Z0-9+.-]*:\S*(?:\n[^\s:]*[/?&=%_.-][^\s:]*){0,2}?`,
		"url":      `<?[a-zA-Z][a-zA-Z0-9+.-]*:\S*(?:\n[^\s:]*[/?&=%_.-][^\s:]*){0,2}?`,
		"origin":   `[^\s']*[^\s'.]`,
		"page":     `\S+`,
		"header":   `[^\s']+(?:-\n[^\s']+)?`,
		"method":   `[^\s']+`,
		"status":   `\d+|\(null\)`,
		"schemes":  `[a-z, -]*`,
		"kind":     `[^']{1,60}?`,
		"rest":     `[^\n]*`,
		"name":     `[A-Z0-9_]+`,
		"space":    `[a-z]+`,
		"other":    `[a-z]+`,
		"verb":     `GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS`,
		"api":      `Fetch API|XMLHttpRequest|EventSource|Beacon API`,
		"host":     `(?:\s\([^\s()]+\))?`,
		"from":     `\S+`,
		// Where a message begins and ends that consists of common words.
		"start": `(?m:^(?:\[Error\]\s)?)`,
		"end":   `(?m:[.']|$|\s\(|\sat\s)`,
		"stop":  `(?m:\.|$)`,
	}
	// quoted are the same in quotes. A header's value may have quotes in it, so
	// that the words after it tell where it ends.
	quoted = map[string]string{
		"url":    `[^']*`,
		"page":   `[^']*`,
		"from":   `[^']*`,
		"scheme": `[^'\s]*`,
		"value":  `[^\n]*?(?:\n[^\n]*?){0,3}?`,
	}
)

// compile returns the expression for a template's words: white space of any kind
// between words, and a line break after a hyphen.
func compile(words, tail string) *regexp.Regexp {
	expression := expressionOf(words)
	if tail != "" {
		expression += "(?:" + expressionOf(tail) + ")?"
	}
	return regexp.MustCompile(expression)
}

func expressionOf(words string) string {
	var b strings.Builder
	literal := func(s string) {
		s = regexp.QuoteMeta(s)
		s = strings.ReplaceAll(s, " ", `\s`)
		s = strings.ReplaceAll(s, "-", `-\n?`)
		b.WriteString(s)
	}
	rest := words
	for {
		m := placeholder.FindStringIndex(rest)
		if m == nil {
			literal(rest)
			return b.String()
		}
		literal(rest[:m[0]])
		held := rest[m[0]:m[1]]
		rest = rest[m[1]:]
		name := strings.Trim(held, "'{}")
		before, after, _ := strings.Cut(held, "{"+name+"}")
		switch expression, ok := quoted[name]; {
		case before != "" && after != "" && ok:
			b.WriteString(`'(?P<` + name + `>` + expression + `)'`)
		case before != "" && after != "":
			// The quotes of a word are lost easily: chat programs take backquotes
			// for markup.
			b.WriteString(`'?(?P<` + name + `>` + expressions[name] + `)'?`)
		default:
			literal(before)
			b.WriteString(`(?P<` + name + `>` + expressions[name] + `)`)
			literal(after)
		}
	}
}

// templates and leads are the tables of all engines, compiled.
var templates, leads = compileAll()

func compileAll() (templates []*template, leads []*lead) {
	for _, engine := range []struct {
		name      string
		templates [][]template
		leads     []lead
	}{
		{Chromium, [][]template{chromiumSentences, chromiumNetwork}, chromiumLeads},
		{Firefox, [][]template{firefoxProperties}, firefoxLeads},
		{WebKit, [][]template{webkitSentences}, webkitLeads},
	} {
		for _, table := range engine.templates {
			for _, t := range table {
				t.engine, t.pattern = engine.name, compile(t.words, t.tail)
				templates = append(templates, &t)
			}
		}
		for _, l := range engine.leads {
			// The reason follows at once.
			l.engine, l.pattern = engine.name, regexp.MustCompile(expressionOf(l.words)+`\s?`)
			leads = append(leads, &l)
		}
	}
	return templates, leads
}

package console

import (
	"cmp"
	"slices"
	"strings"
)

// A hit is a place of the text where a message stands.
type hit struct {
	template *template // nil for a lead without a reason that is known
	lead     *lead     // nil if the words stand alone
	// preflight says that Chromium's words about a preflight stand before the
	// reason.
	preflight  bool
	start, end int
	text       string
	// held is what placeholders hold; of several places the lead's is the first.
	held map[string]string
}

// Chromium's words before the reason why a preflight's response was refused.
var preflightLead = compile("Response to preflight request doesn't pass access control check: ", "")

// find returns the messages of a text, in its order. Of hits that overlap it
// takes the first, and of those that start together the longest.
func find(p pasted) []hit {
	led := map[int]hit{} // by where the reason has to start
	var hits []hit
	for _, l := range leads {
		for _, m := range l.pattern.FindAllStringSubmatchIndex(p.folded, -1) {
			h := hit{lead: l, start: m[0], end: m[1], held: held(p, l.pattern.SubexpNames(), m)}
			if before, ok := led[h.end]; !ok || h.start < before.start {
				led[h.end] = h
			}
			if l.whole {
				hits = append(hits, h)
			}
		}
	}
	preflights := map[int]int{}
	for _, m := range preflightLead.FindAllStringIndex(p.folded, -1) {
		preflights[m[1]] = m[0]
	}

	for _, t := range templates {
		for _, m := range t.pattern.FindAllStringSubmatchIndex(p.folded, -1) {
			h := hit{template: t, start: m[0], end: m[1], held: held(p, t.pattern.SubexpNames(), m)}
			if i := t.pattern.SubexpIndex("end"); i >= 0 {
				h.end = m[2*i] // what follows is no part of the message
			}
			if start, ok := preflights[h.start]; ok && t.engine == Chromium {
				h.preflight, h.start = true, start
			}
			if before, ok := led[h.start]; ok && before.lead.engine == t.engine {
				h.lead, h.start = before.lead, before.start
				for name, value := range before.held {
					if h.held[name] == "" {
						h.held[name] = value
					}
				}
			}
			if !t.led || h.lead != nil {
				hits = append(hits, h)
			}
		}
	}

	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	var taken []hit
	end := 0
	for _, h := range hits {
		if h.start < end {
			continue
		}
		end = h.end
		h.text = strings.TrimSpace(p.slice(h.start, h.end))
		taken = append(taken, h)
	}
	return taken
}

// held returns what the groups of a match hold, in the text's own quotes.
func held(p pasted, names []string, m []int) map[string]string {
	values := map[string]string{}
	for i, name := range names {
		if name != "" && m[2*i] >= 0 {
			values[name] = p.slice(m[2*i], m[2*i+1])
		}
	}
	return values
}

// withoutEchoes leaves out the messages that only repeat that a request failed,
// where another one of the same engine says why.
func withoutEchoes(hits []hit) []hit {
	echoes := func(h hit) bool { return h.template != nil && h.template.echo }
	drop := make([]bool, len(hits))
	said := make([]string, len(hits)) // before an echo is added
	for i, h := range hits {
		said[i] = h.text
	}
	for i, echo := range hits {
		if !echoes(echo) {
			continue
		}
		url := echo.url()
		reason := -1 // the last one before the echo that names no URL
		for j, h := range hits {
			switch {
			case h.engine() != echo.engine() || echoes(h):
			case url == "" || url == h.url() || url == joined(h.held["from"]):
				drop[i] = true
			case j < i && h.url() == "":
				reason = j
			}
		}
		if !drop[i] && reason >= 0 {
			h := &hits[reason]
			h.held["url"] = url
			h.text += " " + echo.text
			drop[i] = true
		}
	}
	// Of echoes alone the one that names a URL is enough.
	for i, echo := range hits {
		if drop[i] || !echoes(echo) || echo.url() != "" {
			continue
		}
		for j, h := range hits {
			if i != j && !drop[j] && h.engine() == echo.engine() && h.url() != "" {
				drop[i] = true
			}
		}
	}
	// WebKit gives its reason once more when it says which file it could not load.
	given := map[*template]map[string]bool{}
	var kept []hit
	for i, h := range hits {
		if drop[i] || h.url() == "" && given[h.template][said[i]] {
			continue
		}
		if given[h.template] == nil {
			given[h.template] = map[string]bool{}
		}
		given[h.template][said[i]] = true
		kept = append(kept, h)
	}
	return kept
}

func (h hit) engine() string {
	if h.template != nil {
		return h.template.engine
	}
	return h.lead.engine
}

// url returns the URL that a hit names, put together again.
func (h hit) url() string {
	return joined(h.held["url"])
}

// joined undoes line breaks in a URL, and the brackets of a mail program.
func joined(url string) string {
	return strings.Trim(strings.Join(strings.Fields(url), ""), "<>")
}

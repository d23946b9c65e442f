package pasted

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// panelTitles are lines of the Headers panel of developer tools that are neither
// names nor values, in lower case.
var panelTitles = map[string]panelSection{
	"general":                       sectionGeneral,
	"response headers":              sectionResponse,
	"request headers":               sectionRequest,
	"query string parameters":       sectionOther,
	"form data":                     sectionOther,
	"request payload":               sectionOther,
	"view source":                   sectionNone,
	"view parsed":                   sectionNone,
	"view decoded":                  sectionNone,
	"raw":                           sectionNone,
	"provisional headers are shown": sectionNone,
	"learn more":                    sectionNone,
}

// A panelSection is a part of the panel.
type panelSection int

const (
	sectionNone panelSection = iota // no part begins here
	sectionGeneral
	sectionResponse
	sectionRequest
	sectionOther
)

var (
	panelCount = regexp.MustCompile(` \(\d+(?:\.\d+ [kM]?B)?\)$`)
	// panelName is the name of a header or of a pseudo-header of HTTP/2.
	panelName = regexp.MustCompile("^:?[0-9A-Za-z!#$%&'*+.^_`|~-]+$")
	panelPair = regexp.MustCompile("^(:?[0-9A-Za-z!#$%&'*+.^_`|~-]+|Request URL|Request Method|Status Code|Remote Address|Referrer Policy):[ \\t]+(.*)$")
)

// generalNames are the names of the first part of Chrome's panel.
var generalNames = map[string]bool{
	"Request URL": true, "Request Method": true, "Status Code": true, "Remote Address": true, "Referrer Policy": true,
}

// requestOnly are headers that stand in no response: the request's part begins
// with one if its title was not copied.
var requestOnly = map[string]bool{
	":authority": true, ":method": true, ":path": true, ":scheme": true, "accept": true, "accept-encoding": true,
	"accept-language": true, "cookie": true, "host": true, "origin": true, "referer": true, "user-agent": true,
}

// A panel collects what a panel shows of one response.
type panel struct {
	section  panelSection
	response fetch.SentResponse
	found    bool
}

// panel reads names and values without a status line: "name: value" on a line, or
// the name and the value on two lines, as they are when selected in Chrome's
// panel.
func (s *headScanner) panel() *Error {
	p := &panel{section: sectionResponse, response: fetch.SentResponse{Headers: fetch.HeaderList{}}}
	twoLines := isTwoLine(s.lines)
	for i := 0; i < len(s.lines); i++ {
		l := s.lines[i]
		text := strings.TrimSpace(l.text)
		title, isTitle := panelTitles[strings.ToLower(panelCount.ReplaceAllString(text, ""))]
		if text == "" || isProgress(text) {
			continue
		}
		if isTitle {
			if title != sectionNone {
				p.section = title
			}
			continue
		}
		if p.section == sectionOther {
			continue
		}
		if m := panelPair.FindStringSubmatch(text); m != nil {
			p.add(m[1], m[2])
			continue
		}
		name := strings.TrimSuffix(text, ":")
		if !panelName.MatchString(name) && !generalNames[name] {
			return l.fail(0, `expected "name: value", or a status line before the headers`)
		}
		switch {
		case twoLines && i+1 < len(s.lines) && strings.TrimSpace(s.lines[i+1].text) != "":
			i++
			p.add(name, strings.TrimSpace(s.lines[i].text))
		case name == text:
			return l.fail(len(l.text), `a header lacks the colon and the value, as in "name: value"`)
		default:
			p.add(name, "")
		}
	}
	if p.found {
		s.messages = append(s.messages, message{line: 1, response: &p.response})
	}
	return nil
}

// isTwoLine reports whether names and values stand on lines of their own: the
// first name stands alone, and what follows it is no name with a value.
func isTwoLine(lines []textLine) bool {
	name := false
	for _, l := range lines {
		text := strings.TrimSpace(l.text)
		_, isTitle := panelTitles[strings.ToLower(panelCount.ReplaceAllString(text, ""))]
		switch {
		case text == "" || isTitle && !name:
		case name:
			return !panelPair.MatchString(text)
		case panelPair.MatchString(text) && !generalNames[panelPair.FindStringSubmatch(text)[1]]:
			return false
		case !panelPair.MatchString(text):
			name = true
		}
	}
	return false
}

// add takes one name with its value.
func (p *panel) add(name, value string) {
	lower := strings.ToLower(name)
	switch {
	case name == "Status Code" || lower == ":status":
		p.setStatus(value)
		return
	case generalNames[name]:
		return
	case requestOnly[lower] && p.section != sectionRequest:
		p.section = sectionRequest
	case lower == "status" && p.response.Status == 0:
		// Chrome once showed the status of HTTP/2 so; CGI programs send it too.
		p.setStatus(value)
	}
	if p.section == sectionRequest || strings.HasPrefix(name, ":") {
		return
	}
	p.found = true
	p.response.Headers = append(p.response.Headers, fetch.Header{name, isomorphic(value)})
}

// setStatus reads "200 OK", before which a mark may stand.
func (p *panel) setStatus(value string) {
	value = strings.TrimLeftFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	number, reason, _ := strings.Cut(value, " ")
	status, err := strconv.Atoi(number)
	if err != nil || status < 100 || status > 999 {
		return
	}
	p.found = true
	p.response.Status, p.response.Reason = status, isomorphic(strings.TrimSpace(reason))
}

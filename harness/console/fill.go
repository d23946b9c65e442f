package console

import (
	"net/url"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// message says what a hit means.
func (h hit) message() Message {
	m := Message{
		Engine: h.engine(),
		Text:   h.text,
		URL:    h.url(),
		Header: strings.ReplaceAll(h.held["header"], " ", ""),
		Method: firstOf(h.held["method"], h.held["verb"]),
		Value:  h.value(),
	}
	if m.Origin = h.held["origin"]; m.Origin == "" {
		m.Origin = originOf(h.held["page"])
	}
	if status := h.held["status"]; status != "(null)" {
		m.Status = status
	}
	if h.template == nil {
		m.say(unknownReason, theResponse)
		m.Caveat = "The reason is missing, or it is none that is known here. Paste the whole message, up to its end."
		return m
	}

	t := h.template
	of := t.of
	if h.lead != nil && h.lead.of != theResponse {
		of = h.lead.of
	}
	m.Code = fill(t.code, func(name string) string { return h.held[name] })
	if h.preflight {
		of = preflightResponse
		if t.both {
			m.Code = "Preflight" + m.Code
		}
	}
	m.Caveat = t.caveat
	if t.either && of == theResponse {
		m.Caveat = join(m.Caveat, "The message is the same for the preflight's response and for the response itself: look at both.")
	}
	m.say(m.precise(t.because, h), of)
	if from := joined(h.held["from"]); from != "" {
		m.Meaning += " The request was redirected there from " + from + "."
	}
	return m
}

// value returns what a hit quotes.
func (h hit) value() string {
	if location := joined(h.held["location"]); location != "" {
		return location
	}
	return strings.TrimSpace(firstOf(h.held["value"], h.held["rest"], h.held["space"], h.held["scheme"]))
}

// say fills a cause's texts with what the message names.
func (m *Message) say(c cause, of response) {
	m.Meaning = c.meaning
	m.Look = c.look
	m.Remedy = c.remedy
	sentence := c.sentence
	for _, text := range []*string{&m.Meaning, &sentence} {
		*text = capital(fill(*text, m.named(of, "", "")))
	}
	for _, text := range []*string{&m.Look, &m.Remedy} {
		*text = fill(*text, m.named(of, "<", ">"))
	}
	if c.phase == "" {
		return
	}
	m.Block = &fetch.Block{
		Phase: c.phase, Step: c.step, Detail: c.detail, Sentence: sentence,
		Code: m.Code, Parameter: firstOf(m.Header, m.Method, m.Value),
	}
}

// named returns the words for a placeholder: what the message names, or what it
// is called, between brackets.
func (m *Message) named(of response, left, right string) func(name string) string {
	or := func(value, otherwise string) string {
		return firstOf(value, left+otherwise+right)
	}
	return func(name string) string {
		switch name {
		case "origin":
			return or(m.Origin, "the page's origin")
		case "method":
			if left == "" {
				return or(m.Method, "of the request")
			}
			return or(m.Method, "the request's method")
		case "header":
			return or(m.Header, "the request header's name")
		case "url":
			return or(m.URL, "the URL")
		case "host":
			return or(hostOf(m.URL), "the server")
		case "value":
			return or(m.Value, "the value")
		case "status":
			return or(m.Status, "another status")
		case "response":
			return [...]string{"the response", "the preflight's response", "the redirect's response"}[of]
		case "consequence":
			return [...]string{
				"The browser hides the response from the script.", "The request itself was not sent.",
				"The redirect was not followed.",
			}[of]
		case "everywhere":
			return [...]string{
				"the response, errors included", "the preflight's response, and on the response after it",
				"the redirect's response, and on the response after it",
			}[of]
		}
		return ""
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// capital begins each sentence that begins with a placeholder.
func capital(sentence string) string {
	if strings.HasPrefix(sentence, "the ") {
		sentence = "T" + sentence[1:]
	}
	return strings.ReplaceAll(sentence, ". the ", ". The ")
}

// fill replaces each placeholder of a text.
func fill(text string, named func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		name := strings.Trim(p, "'{}")
		return strings.Replace(p, "{"+name+"}", named(name), 1)
	})
}

// originOf returns the origin of a page's URL. An engine may shorten the URL, but
// not so far.
func originOf(page string) string {
	u, err := url.Parse(joined(page))
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

package console

import "github.com/corsproof/corsproof/harness/fetch"

// The names of engines, as in Message.Engine.
const (
	Chromium = "chromium"
	Firefox  = "firefox"
	WebKit   = "webkit"
)

// A Message is one message of a browser's console, and what it means. Fields
// for what a message names are empty if it doesn't.
type Message struct {
	// Engine is Chromium, Firefox or WebKit.
	Engine string
	// Text is the words that were recognised, on one line.
	Text string
	// Code is the engine's own name of the message: Chromium's error enum or
	// network error, Firefox's property key. WebKit has none; its codes are
	// short names of this package, as are those in lower case. It is empty if
	// the reason is missing or unknown.
	Code string
	// Block says where in the standard the request ended: phase, step and detail
	// are one of fetch.Blocks. It is nil if the message stands for no step.
	Block *fetch.Block

	// URL is where the request was blocked, after redirects.
	URL string
	// Origin is the page's origin.
	Origin string
	// Header is the name of a request header that was refused.
	Header string
	// Method is the request's method.
	Method string
	// Value is what the message quotes: the value of a response header, the URL
	// of a redirect, an address space.
	Value string
	// Status is the status code of the refused response.
	Status string

	// Meaning is what happened, in plain words.
	Meaning string
	// Look is which header to look at, on which exchange.
	Look string
	// Remedy is what would have to come back instead.
	Remedy string
	// Caveat is what the message can't tell; empty if it is unambiguous.
	Caveat string
}

// Read returns the messages that it finds in a text, in the order of the text,
// each once. Anything may stand around them. A message that only repeats that a
// request failed, such as "TypeError: Failed to fetch", is left out if another
// message of the same engine gives the reason for the same URL; where the reason
// names no URL, it gets the one of the repetition.
func Read(text string) []Message {
	var messages []Message
	for _, h := range withoutEchoes(find(normalize(text))) {
		m := h.message()
		if !contains(messages, m) {
			messages = append(messages, m)
		}
	}
	return messages
}

// contains compares what a person sees: a console repeats a message for each
// call.
func contains(messages []Message, m Message) bool {
	for _, other := range messages {
		if other.Engine == m.Engine && other.Text == m.Text && other.URL == m.URL {
			return true
		}
	}
	return false
}

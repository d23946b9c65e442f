package story

import "strings"

// inFetch reports whether an algorithm stands in the Fetch Standard.
func inFetch(phase string) bool { return !strings.HasPrefix(phase, "dom-xmlhttprequest") }

func otherLink(phase string) string { return "https://xhr.spec.whatwg.org/#" + phase }

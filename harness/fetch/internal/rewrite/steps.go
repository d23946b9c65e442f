package rewrite

import "regexp"

var (
	anchorLink  = regexp.MustCompile(`https://fetch\.spec\.whatwg\.org/#([\w-]+)`)
	stepComment = regexp.MustCompile(`^// Step ([0-9][0-9a-z().]*)\.(?:\s|$)`)
)

// Anchor returns the anchor of the first algorithm of the Fetch Standard that a
// doc comment links; empty for none.
func Anchor(doc string) string {
	if m := anchorLink.FindStringSubmatch(doc); m != nil {
		return m[1]
	}
	return ""
}

// Anchors returns all anchors of the Fetch Standard that a comment links.
func Anchors(comment string) []string {
	var out []string
	for _, m := range anchorLink.FindAllStringSubmatch(comment, -1) {
		out = append(out, m[1])
	}
	return out
}

// Step returns the number of the step that a line comment such as
// "// Step 7.5. Reason." opens; empty if it opens none.
func Step(comment string) string {
	if m := stepComment.FindStringSubmatch(comment); m != nil {
		return m[1]
	}
	return ""
}

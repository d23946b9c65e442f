package console

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// precise returns the cause that fits what a message names: an engine has one
// message where the standard has several steps, and some values give a common
// mistake away.
func (m *Message) precise(c cause, h hit) cause {
	switch {
	case c.detail == mismatch.detail && m.Engine == Firefox:
		// Firefox compares and doesn't class the value. Which origin is compared
		// with makes no difference to the class: it is never this one.
		if b := fetch.CORSCheck("https://page.invalid", fetch.CredentialsOmit,
			fetch.HeaderList{{"Access-Control-Allow-Origin", m.Value}}); b != nil {
			switch b.Detail {
			case multiple.detail:
				c = multiple
			case invalid.detail:
				c = invalid
			}
		}
	case c.detail == credentialsInvalid.detail && m.Value == "":
		c = credentialsMissing
		m.Caveat = join(m.Caveat, "An empty header reads alike.")
	case c.detail == headerNotAllowed.detail && strings.EqualFold(m.Header, "Authorization"):
		c = authorizationNotListed
	case c.detail == notHTTP.detail && h.held["from"] != "":
		c = locationScheme
	}

	switch {
	case c.detail == invalid.detail && m.Value == "":
		c.meaning = "{response} has an empty Access-Control-Allow-Origin. {consequence}"
	case c.detail == headerNotAllowed.detail && strings.HasPrefix(strings.ToLower(m.Header), "access-control-"):
		c.meaning = "The script sends {header} as a request header. It is a header of responses, and the preflight's response doesn't allow it on a request."
		c.look = "The script's own request headers"
		c.remedy = "No {header} among the request headers of the script. The server sends it"
	case c.detail == methodNotAllowed.detail && m.Method != strings.ToUpper(m.Method):
		c.meaning += " Upper and lower case differ in methods: {method} is not " + strings.ToUpper(m.Method) + "."
		c.remedy += "; or the script sends the method as " + strings.ToUpper(m.Method)
	case c.detail == missing.detail && m.Engine == Firefox && m.Status >= "400":
		c.meaning += " It is an error response, " + m.Status + ": the script would see that if the header were there."
	case c.phase == missing.phase && m.Origin == "null":
		c.meaning += " The origin is null for a page from a file, for a sandboxed frame, and after a redirect between two other origins."
		c.remedy = "An origin of its own: serve the page over HTTP(S), or request the final URL without redirects. Don't allow null: every sandboxed frame has that origin"
	case (c.detail == mismatch.detail || c.detail == invalid.detail) && strings.HasSuffix(m.Value, "/"):
		c.meaning += " An origin has no slash at its end."
	}
	return c
}

func join(caveats ...string) string {
	return strings.TrimSpace(strings.Join(caveats, " "))
}

package lint

import (
	"regexp"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// isChecked reports whether a browser makes the CORS check of the response. A recorded
// POST with an Origin may be a form, whose response nobody checks.
func (r *request) isChecked() bool {
	if !r.Recorded || r.mode != "" {
		return r.mode == "" || r.mode == "cors"
	}
	return r.Call.Request.Method != "POST"
}

// meantCredentials is the credentials mode that a response is meant for. One that is
// expected to allow credentials is, if nobody says otherwise, for a request with them.
func (r *request) meantCredentials() fetch.CredentialsMode {
	allow, ok := r.Response.Headers.Get("Access-Control-Allow-Credentials")
	if r.credentials == "" && !r.Recorded && ok && !strings.EqualFold(allow, "false") {
		return fetch.CredentialsInclude
	}
	return r.credentials
}

// refusalWords are the words of a name that says that a browser refuses the response.
var refusalWords = regexp.MustCompile(`(?i)\b(den(y|ies|ied)|refuse[sd]?|reject(s|ed)?|block(s|ed)?|forbid(s|den)?|disallow(s|ed)?|not allowed)\b`)

// isRefusal reports whether the response may be meant as a refusal: then it does what
// it is for.
func (r *request) isRefusal() bool {
	headers := r.Response.Headers
	allow, allows := headers.Get("Access-Control-Allow-Origin")
	grants := allow == fetch.Wildcard || allow == r.origin
	switch {
	case refusalWords.MatchString(r.givenName()):
		return true
	case r.asks && r.Response.Status >= 400 && !grants:
		return true
	case r.Recorded && !allows && r.Response.Status != 0 && !fetch.IsOKStatus(r.Response.Status) && !fetch.IsRedirectStatus(r.Response.Status):
		return true // an error that nobody has to read
	}
	// One that allows another page's origin.
	other, err := fetch.ParseOrigin(allow)
	return err == nil && string(other) != r.origin && !strings.Contains(allow, fetch.Wildcard)
}

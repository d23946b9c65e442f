package pasted

import (
	"github.com/corsproof/corsproof/harness/fetch"
)

// finish tells of each entry what the others have to say of it.
func (a *Archive) finish(pageRefs []string, pages map[string]Page) {
	a.findDocuments(pageRefs, pages)
	sanitised := true
	for i := range a.Entries {
		e := &a.Entries[i]
		e.Page = pages[pageRefs[i]]
		if e.Call.Origin == "" {
			e.Call.Origin = originOf(e.Page.URL)
			e.Call.Request.Origin = e.Call.Origin
		}
		if e.Sent.Headers.Contains("Cookie") || e.Sent.Headers.Contains("Authorization") {
			sanitised = false
		}
	}
	a.pairPreflights()
	for i := range a.Entries {
		a.Entries[i].noteLacks(sanitised)
	}
}

// findDocuments gives a page without a URL that of its first document.
func (a *Archive) findDocuments(pageRefs []string, pages map[string]Page) {
	for i := range a.Entries {
		e := &a.Entries[i]
		page := pages[pageRefs[i]]
		destination, _ := e.Sent.Headers.Get("Sec-Fetch-Dest")
		if page.URL == "" && (e.ResourceType == "document" || destination == "document") {
			page.URL = e.Call.Request.URL
			pages[pageRefs[i]] = page
		}
	}
}

// isCrossOrigin reports whether the page and the URL are of two origins, both of
// which are known.
func (e *Entry) isCrossOrigin() bool {
	target := originOf(e.Call.Request.URL)
	return e.Call.Origin != "" && target != "" && e.Call.Origin != target
}

// needsPreflight reports whether a browser asks before it sends the request.
func (e *Entry) needsPreflight() bool {
	mode := e.Call.Request.Mode
	return e.isCrossOrigin() && (mode == "" || mode == fetch.ModeCORS) &&
		(!fetch.IsSafelistedMethod(e.Call.Request.Method) || len(fetch.UnsafeRequestHeaderNames(e.Call.Request.Headers)) > 0)
}

func (e *Entry) noteLacks(sanitised bool) {
	lack := func(what string) { e.Lacks = append(e.Lacks, what) }
	if e.Response == nil {
		why := "status 0"
		if e.Failure != "" {
			why += ", " + e.Failure
		}
		lack("response headers: " + why)
	} else if len(e.Response.Headers) == 0 {
		lack("response headers: the list is empty")
	}
	if len(e.Sent.Headers) == 0 {
		lack("request headers: the list is empty")
	}
	if e.Call.Origin == "" {
		lack("page origin: no Origin header, no Referer header and no page URL")
	}
	if e.IsPreflight {
		if e.Serves < 0 {
			lack("the request that the preflight was for: no entry of that URL and method")
		}
		return
	}
	if e.needsPreflight() && e.ServedBy < 0 {
		lack("preflight: no entry; the browser exports none, or it was in the CORS-preflight cache")
	}
	if e.isCrossOrigin() && e.Call.Credentials == "" {
		if sanitised {
			lack("credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data")
		} else {
			lack("credentials mode: the request has no cookies, which include sends too if there are none")
		}
	}
}

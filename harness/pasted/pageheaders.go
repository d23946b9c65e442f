package pasted

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// pageHeaders divides the headers of a request into those that page code can
// have set and the others, with their reasons.
//
// Those that page code can't set are the standard's. Some others can be set by
// page code and yet stand in every request of a browser, which sets them after
// the decision for or against a preflight. To take them for the page's would
// claim preflights that no browser sends, so they are dropped where the headers
// are a browser's.
func pageHeaders(sent fetch.HeaderList) (kept fetch.HeaderList, dropped []Dropped) {
	browser := isBrowsers(sent)
	cacheDisabled := isNoCache(sent, "Cache-Control") && isNoCache(sent, "Pragma")
	for _, h := range sent {
		why := forbidden(h)
		if why == "" && browser {
			why = addedByBrowser(h, cacheDisabled)
		}
		if why == "" && strings.EqualFold(h.Name(), "User-Agent") {
			why = "the browser writes its own; Chromium lets no page change it"
		}
		if why == "" {
			kept = append(kept, h)
			continue
		}
		dropped = append(dropped, Dropped{Name: h.Name(), Why: why})
	}
	return kept, dropped
}

// isBrowsers reports whether the headers were written by a browser.
func isBrowsers(sent fetch.HeaderList) bool {
	for _, h := range sent {
		name := strings.ToLower(h.Name())
		if strings.HasPrefix(name, "sec-fetch-") || name == "user-agent" && strings.HasPrefix(h.Value(), "Mozilla/") {
			return true
		}
	}
	return false
}

// forbidden says why page code can't set a header; empty if it can.
func forbidden(h fetch.Header) string {
	if !fetch.IsForbiddenRequestHeader(h.Name(), h.Value()) {
		return ""
	}
	switch name := strings.ToLower(h.Name()); {
	case name == "origin":
		return "the browser writes the page's origin"
	case name == "referer":
		return "the browser writes it, by the page's referrer policy"
	case name == "cookie" || name == "cookie2":
		return "the browser sends its cookies if the credentials mode lets it"
	case strings.HasPrefix(name, "access-control-request-"):
		return "the browser writes it, in a preflight alone"
	case strings.HasPrefix(name, "sec-"):
		return "the browser sets all Sec- headers itself"
	case strings.HasPrefix(name, "proxy-"):
		return "it is for a proxy, and no page can set it"
	}
	return "a forbidden request-header: the browser sets it itself"
}

// fromBrowser are headers that browsers add to requests of pages.
var fromBrowser = map[string]string{
	"accept-language":           "the browser writes it from its settings",
	"alt-used":                  "the browser writes it for an alternative service",
	"downlink":                  "a client hint of the browser",
	"dpr":                       "a client hint of the browser",
	"ect":                       "a client hint of the browser",
	"if-modified-since":         "the browser writes it to revalidate its cache",
	"if-none-match":             "the browser writes it to revalidate its cache",
	"priority":                  "the browser writes it from the request's priority",
	"purpose":                   "the browser writes it when it prefetches",
	"rtt":                       "a client hint of the browser",
	"save-data":                 "a client hint of the browser",
	"upgrade-insecure-requests": "the browser writes it when it navigates",
	"viewport-width":            "a client hint of the browser",
	"x-client-data":             "Chrome writes it for Google's servers",
}

// addedByBrowser says why a header of a browser's request is not the page's;
// empty if it may be.
func addedByBrowser(h fetch.Header, cacheDisabled bool) string {
	name := strings.ToLower(h.Name())
	if why, ok := fromBrowser[name]; ok {
		return why
	}
	switch value := strings.ToLower(h.Value()); {
	case name == "accept" && isDefaultAccept(value):
		return "the browser's default for what it loads"
	case name == "cache-control" && value == "max-age=0":
		return "the browser writes it when a page is reloaded"
	case (name == "cache-control" || name == "pragma") && value == "no-cache" && cacheDisabled:
		return "the browser writes it while its cache is disabled in the developer tools, or on a forced reload; if the page's own code sets it, it needs a preflight"
	}
	return ""
}

func isNoCache(sent fetch.HeaderList, name string) bool {
	value, _ := sent.Get(name)
	return strings.EqualFold(value, "no-cache")
}

// isDefaultAccept reports whether an Accept header is one that browsers send when
// nobody sets it: that of fetch(), and those of documents, images and styles.
func isDefaultAccept(value string) bool {
	return value == "*/*" || strings.HasPrefix(value, "text/html,application/xhtml+xml") ||
		strings.HasPrefix(value, "image/") && strings.Contains(value, ",") || strings.HasPrefix(value, "text/css,")
}

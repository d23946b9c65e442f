package wire

import (
	"io"
	"net/http"
	"strings"
)

// Paths that the harness itself needs. Every page origin serves the pages, and every
// origin of a [Scripted] serves all of them.
const (
	PagePath = "/.corsproof/page" // the page that a browser opens
	// OpaquePath is a page with an opaque origin, see [opaquePolicy].
	OpaquePath = "/.corsproof/opaque"
	// SentinelPath is the path of sentinels, followed by a random segment. A server may
	// respond to them in any way.
	SentinelPath = "/.corsproof/sentinel/"
)

// blankPage asks for no icon: a browser would fetch /favicon.ico else.
const blankPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>corsproof</title>` + "\n"

// opaquePolicy gives a document an opaque origin and lets its scripts run:
// https://www.w3.org/TR/CSP3/#directive-sandbox.
const opaquePolicy = "sandbox allow-scripts"

// IsOwnTarget reports whether a request target is one of the harness's own paths, so that
// the request belongs to no case.
func IsOwnTarget(target string) bool {
	path, _, _ := strings.Cut(target, "?")
	return isPagePath(path) || strings.HasPrefix(path, SentinelPath)
}

func isPagePath(path string) bool {
	return path == PagePath || path == OpaquePath
}

// AnswerOwn answers a request for one of the harness's own paths, for a server that has
// [RecorderConfig.AnswersOwn]; it reports whether the request was one.
func AnswerOwn(w http.ResponseWriter, r *http.Request) bool {
	if !IsOwnTarget(r.URL.Path) {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	if !isPagePath(r.URL.Path) {
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	if r.URL.Path == OpaquePath {
		w.Header().Set("Content-Security-Policy", opaquePolicy)
	}
	w.Header().Set("Content-Type", contentTypes[".html"])
	io.WriteString(w, blankPage)
	return true
}

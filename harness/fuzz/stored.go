package fuzz

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A story is what becomes of a stored response, where the weights of the grammar
// alone would seldom tell it to its end.
type story int

const (
	// anyStory: what the weights make of it.
	anyStory story = iota
	// storyVaries: the answer varies by a header that requests have, or don't.
	storyVaries
	// storyNoUse: it has no lifetime, and is asked for by what can't use it.
	storyNoUse
	// storyValidated: it is validated.
	storyValidated
	// storyReplaced: the next answer may not be kept.
	storyReplaced
	// storyOld: it has no lifetime, and was modified long before it was sent.
	storyOld
)

var stories = choice[story]{{55, anyStory}, {5, storyOld}, {10, storyVaries}, {10, storyNoUse}, {10, storyValidated}, {10, storyReplaced}}

// tell makes the next request of a story, and its servers.
func (g *generator) tell(request catalog.Request, made int) catalog.Step {
	switch g.story {
	case storyVaries:
		if chance(g.Rand, 60) {
			request.Headers = []catalog.HeaderLine{oneOf[catalog.HeaderLine](g.Rand, "X-A: 1", "X-A:", "x-a: ")}
		}
	case storyNoUse:
		request.Cache = fetch.CacheForceCache
		if made == 1 {
			request.Cache, request.Method, g.status = "", oneOf(g.Rand, "PUT", "DELETE", "PATCH", "HEAD", ""), oneOf(g.Rand, 206, 400, 404, 500)
			if request.Method == "PUT" {
				request.Body = g.body()
			}
		}
	case storyValidated:
		g.status = oneOf(g.Rand, 206, 304, 304)
	case storyReplaced:
		if made == 1 {
			request.Cache = oneOf(g.Rand, fetch.CacheReload, fetch.CacheReload, fetch.CacheNoCache, "")
		}
	}
	step := catalog.Step{Request: request, Server: g.server(request)}
	g.status = 0
	return step
}

// lifetime says how long an answer may be kept in a sequence about what is kept.
func (g *generator) lifetime() []catalog.HeaderLine {
	switch g.story {
	case storyVaries:
		return []catalog.HeaderLine{"Cache-Control: max-age=600", "Vary: X-A"}
	case storyNoUse:
		return nil
	case storyValidated:
		return []catalog.HeaderLine{"Cache-Control: no-cache", `ETag: "x"`}
	case storyOld: // in the future, so that a cache doesn't take it for older than that
		return []catalog.HeaderLine{"Date: Fri, 01 Jan 2100 00:00:00 GMT", "Last-Modified: Thu, 01 Jan 2099 00:00:00 GMT"}
	case storyReplaced:
		return []catalog.HeaderLine{oneOf[catalog.HeaderLine](g.Rand, "Cache-Control: max-age=600", "Cache-Control: no-store")}
	}
	return pick(g.Rand, lifetimesToMeet)
}

// aroundStored makes the next request to a URL of which there may be a stored
// response: one that may make it void, and then one that it may answer.
func (g *generator) aroundStored(steps []catalog.Step) catalog.Step {
	request := steps[0].Request
	if g.story != anyStory {
		return g.tell(request, len(steps))
	}
	if len(steps) == 1 {
		request.Method = pick(g.Rand, cachedMethods)
		if !noBody(request.Method) && chance(g.Rand, 50) {
			request.Body = g.body()
		}
		if url, err := fetch.ParseURL(g.stored, nil); err == nil && chance(g.Rand, 40) {
			request.URL = string(url.Origin()) + "/c"
		}
	}
	switch n := g.IntN(10); {
	case n == 0:
		request.Headers = []catalog.HeaderLine{catalog.HeaderLine(oneOf(g.Rand, "Cache-Control", "Pragma") + ": no-cache")}
	case n == 1:
		request.Headers = []catalog.HeaderLine{oneOf[catalog.HeaderLine](g.Rand, "X-A: 1", "X-A:")} // which Vary names
	case n < 4 || n < 6 && len(steps) > 1:
		request.Cache = fetch.CacheForceCache
	case n == 6:
		request.Cache = oneOf(g.Rand, fetch.CacheReload, fetch.CacheReload, fetch.CacheNoCache, fetch.CacheNoStore)
	}
	return catalog.Step{Request: request, Server: g.server(request)}
}

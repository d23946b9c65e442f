package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A script is the answers of a [Scripted] by what they answer. Safe for
// concurrent use.
type script struct {
	mu         sync.Mutex
	answers    map[string][]*preparedAnswer
	unexpected []string
}

// set replaces the answers of the keys that the new ones have; all or none.
func (s *script) set(answers []ScriptedAnswer) error {
	fresh := make(map[string][]*preparedAnswer, len(answers))
	for _, a := range answers {
		if err := checkKey(a.To); err != nil {
			return fmt.Errorf("script an answer to %q: %w", a.To, err)
		}
		p, err := a.prepare()
		if err != nil {
			return fmt.Errorf("script an answer to %q: %w", a.To, err)
		}
		fresh[a.To] = append(fresh[a.To], p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, list := range fresh {
		s.answers[key] = list
	}
	return nil
}

// checkKey refuses keys that no request can have.
func checkKey(key string) error {
	method, url, ok := strings.Cut(key, " ")
	if !ok {
		url = method
	} else if !isToken(method) {
		return fmt.Errorf("%q is no method: write it as GET https://api.test/path", method)
	}
	scheme, rest, _ := strings.Cut(url, "://")
	authority, _, found := strings.Cut(rest, "/")
	if !found {
		return fmt.Errorf("its URL has no path: write it as https://api.test/path")
	}
	origin, err := parsePageOrigin(scheme + "://" + authority)
	if err != nil {
		return err
	}
	if want := origin.String(); want != scheme+"://"+authority {
		return fmt.Errorf("a request never names its origin that way: write it as %s", want)
	}
	if strings.ContainsAny(url, "# \r\n") {
		return fmt.Errorf("its URL holds a fragment or a space, which is never sent")
	}
	return nil
}

func (s *script) remove(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.answers, key)
	}
}

// next returns the answers to one request: informational ones, and one that
// ends them. If the script has none it notes the request.
func (s *script) next(method, url string) []*preparedAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := method + " " + url
	list := s.answers[key]
	if len(list) == 0 {
		key = url
		list = s.answers[key]
	}
	for i, a := range list {
		if !a.informational() {
			if i < len(list)-1 {
				s.answers[key] = list[i+1:]
			} else {
				s.answers[key] = list[i:]
			}
			return list[:i+1]
		}
	}
	if len(list) > 0 {
		return append(slices.Clone(list), silence)
	}
	s.unexpected = append(s.unexpected, method+" "+url)
	return notFound
}

// note adds a request that could not be read.
func (s *script) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unexpected = append(s.unexpected, text)
}

func (s *script) taken(forget bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.unexpected)
	if forget {
		s.unexpected = nil
	}
	return all
}

// The answers that need no script. None has an Access-Control-* header, so that
// no cross-origin call can read one.
var (
	silence    = mustPrepare(ScriptedAnswer{Behaviour: BehaviourSilent})
	unreadable = mustPrepare(ScriptedAnswer{
		Status: http.StatusBadRequest, Headers: append(plainText, fetch.Header{"Connection", "close"}), Body: "the request can't be read\n",
	})
	notFound = []*preparedAnswer{mustPrepare(ScriptedAnswer{
		Status: http.StatusNotFound, Headers: plainText, Body: "no answer is scripted for this request\n",
	})}
	sentinelAnswer = []*preparedAnswer{mustPrepare(ScriptedAnswer{Status: http.StatusNoContent, Headers: noStore})}
	pageAnswer     = []*preparedAnswer{mustPrepare(ScriptedAnswer{Status: http.StatusOK, Headers: html, Body: blankPage})}
	opaqueAnswer   = []*preparedAnswer{mustPrepare(ScriptedAnswer{
		Status: http.StatusOK, Headers: append(html, fetch.Header{"Content-Security-Policy", opaquePolicy}), Body: blankPage,
	})}

	noStore   = fetch.HeaderList{{"Cache-Control", "no-store"}}
	html      = append(noStore, fetch.Header{"Content-Type", "text/html; charset=utf-8"})
	plainText = append(noStore, fetch.Header{"Content-Type", "text/plain; charset=utf-8"})
)

func mustPrepare(a ScriptedAnswer) *preparedAnswer {
	p, err := a.prepare()
	if err != nil {
		panic(err)
	}
	return p
}

// answersTo implements [book].
func (s *script) answersTo(q question) []*preparedAnswer {
	method, origin, target := q.method, q.origin, q.target
	if IsOwnTarget(target) {
		path, _, _ := strings.Cut(target, "?")
		read := method == http.MethodGet || method == http.MethodHead
		switch {
		case strings.HasPrefix(path, SentinelPath):
			return sentinelAnswer
		case read && path == OpaquePath:
			return opaqueAnswer
		case read:
			return pageAnswer
		}
	}
	url := origin + target
	if strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") {
		url = target // the absolute form
	}
	return s.next(method, url)
}

package wire

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

// A ScriptedUpstreamConfig configures a [ScriptedUpstream].
type ScriptedUpstreamConfig struct {
	// Socket is the path of the unix socket on which it listens. Every user of the
	// machine may connect.
	Socket string
	// Key returns the key of the answers for a request target, whatever a gateway did to
	// its host and path. It may be called concurrently.
	Key func(target string) string
	// Otherwise answers requests whose key has no answers, Preflight all preflights,
	// which do not use up a key's answers.
	Otherwise, Preflight ScriptedAnswer
	// Timeouts bound its waits.
	Timeouts Timeouts
}

// A ScriptedUpstream sends exactly the bytes it is given, like a [Scripted], but behind a
// gateway: it listens on a unix socket, so that it can be stopped and started again, and
// no browser reaches it. It supports HTTP/1.1, and HTTP/2 for clients that begin with it.
// All methods are safe for concurrent use. Close stops it.
type ScriptedUpstream struct {
	cfg     ScriptedUpstreamConfig
	book    *keyedBook
	speaker *speaker

	mu   sync.Mutex
	ln   net.Listener  // nil while it is away
	gone chan struct{} // closed once ln is
}

// NewScriptedUpstream starts a ScriptedUpstream. The caller closes it.
func NewScriptedUpstream(cfg ScriptedUpstreamConfig) (*ScriptedUpstream, error) {
	b := &keyedBook{key: cfg.Key, lists: map[string][]*preparedAnswer{}}
	for answer, into := range map[*ScriptedAnswer]*[]*preparedAnswer{&cfg.Otherwise: &b.otherwise, &cfg.Preflight: &b.preflight} {
		p, err := answer.prepare()
		if err != nil {
			return nil, fmt.Errorf("start a scripted upstream: %w", err)
		}
		*into = []*preparedAnswer{p}
	}
	u := &ScriptedUpstream{cfg: cfg, book: b, speaker: newSpeaker(b, cfg.Timeouts.withDefaults())}
	if err := u.Listen(); err != nil {
		return nil, err
	}
	return u, nil
}

// Address returns where it listens.
func (u *ScriptedUpstream) Address() Address {
	return Address{Network: "unix", Address: u.cfg.Socket}
}

// Set sets the answers for the requests of a key, used one after another; the last one is
// repeated. To is ignored. If an answer cannot be written, Set returns an error and
// changes nothing.
func (u *ScriptedUpstream) Set(key string, answers ...ScriptedAnswer) error {
	list := make([]*preparedAnswer, len(answers))
	for i, a := range answers {
		var err error
		if list[i], err = a.prepare(); err != nil {
			return fmt.Errorf("script an answer to %q: %w", key, err)
		}
		if list[i].informational() {
			return fmt.Errorf("script an answer to %q: an upstream has no informational answers", key)
		}
	}
	u.book.set(key, list)
	return nil
}

// Remove removes the answers of a key.
func (u *ScriptedUpstream) Remove(key string) { u.book.set(key, nil) }

// Refuse stops the upstream: connections are refused, and current ones are closed.
func (u *ScriptedUpstream) Refuse() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ln != nil {
		u.ln.Close() // removes the socket
		u.ln = nil
		close(u.gone)
	}
	u.speaker.hangUp()
}

// Listen makes the upstream listen again after [ScriptedUpstream.Refuse].
func (u *ScriptedUpstream) Listen() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ln != nil {
		return nil
	}
	ln, err := net.Listen("unix", u.cfg.Socket)
	if err != nil {
		return fmt.Errorf("start a scripted upstream: %w", err)
	}
	// A gateway may run as another user.
	if err := os.Chmod(u.cfg.Socket, 0o666); err != nil {
		return errors.Join(fmt.Errorf("start a scripted upstream: %w", err), ln.Close())
	}
	u.ln, u.gone = ln, make(chan struct{})
	u.speaker.listen("http", ln, u.gone)
	return nil
}

// Close stops the upstream at once. It is idempotent.
func (u *ScriptedUpstream) Close() error {
	u.speaker.end()
	u.Refuse()
	u.speaker.wait()
	return nil
}

// A keyedBook has a list of answers for each key.
type keyedBook struct {
	key                  func(target string) string
	otherwise, preflight []*preparedAnswer

	mu    sync.Mutex
	lists map[string][]*preparedAnswer
}

func (b *keyedBook) set(key string, list []*preparedAnswer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(list) == 0 {
		delete(b.lists, key)
		return
	}
	b.lists[key] = list
}

// answersTo implements [book].
func (b *keyedBook) answersTo(q question) []*preparedAnswer {
	if q.preflight {
		return b.preflight
	}
	key := b.key(q.target)
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.lists[key]
	if len(list) == 0 {
		return b.otherwise
	}
	if len(list) > 1 {
		b.lists[key] = list[1:]
	}
	return slices.Clone(list[:1])
}

// note implements [book]. What a gateway sends that can't be read it sees answered so.
func (b *keyedBook) note(string) {}

package check

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/wire"
)

// An upstream stands behind a gateway under test and answers as the case needs
// that a request belongs to: the request's query names it (see
// [catalog.DeriveConfig].OwnURLs), whatever the gateway made of host and path.
// It listens on a unix socket, so that it can be taken away and come back.
// Safe for concurrent use.
type upstream struct {
	path string
	wg   sync.WaitGroup

	mu      sync.Mutex
	ln      net.Listener
	live    map[net.Conn]struct{}
	scripts map[string][]catalog.UpstreamAnswer // by the case's signature
	closed  bool
	release chan struct{} // closed at the end, for those who wait
}

// newUpstream starts an upstream whose socket is in dir.
func newUpstream(dir string) (*upstream, error) {
	u := &upstream{
		path: filepath.Join(dir, "upstream.sock"), live: map[net.Conn]struct{}{},
		scripts: map[string][]catalog.UpstreamAnswer{}, release: make(chan struct{}),
	}
	return u, u.listen()
}

func (u *upstream) address() wire.Address { return wire.Address{Network: "unix", Address: u.path} }

// listen makes the upstream answer, again after [upstream.refuse].
func (u *upstream) listen() error {
	ln, err := net.Listen("unix", u.path)
	if err != nil {
		return fmt.Errorf("start the scripted upstream: %w", err)
	}
	// The gateway runs as another user.
	if err := os.Chmod(u.path, 0o666); err != nil {
		return errors.Join(fmt.Errorf("start the scripted upstream: %w", err), ln.Close())
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ln = ln
	u.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			u.wg.Go(func() { u.serve(conn) })
		}
	})
	return nil
}

// refuse takes the upstream away: connections are refused, present ones end.
func (u *upstream) refuse() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ln.Close() // removes the socket
	for conn := range u.live {
		conn.Close()
	}
}

func (u *upstream) close() error {
	u.mu.Lock()
	if u.closed {
		u.mu.Unlock()
		return nil
	}
	u.closed = true
	close(u.release)
	u.mu.Unlock()
	u.refuse()
	u.wg.Wait()
	return nil
}

// script says what the requests of a case are answered with, one after another.
func (u *upstream) script(signature string, answers []catalog.UpstreamAnswer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.scripts[signature] = slices.Clone(answers)
}

// forget ends a case's script.
func (u *upstream) forget(signature string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.scripts, signature)
}

// signatureIn returns the signature of the case that a request belongs to.
func signatureIn(target string) string {
	_, query, _ := strings.Cut(target, "?")
	values, _ := url.ParseQuery(query)
	return values.Get("case")
}

// next returns what a request is answered with.
func (u *upstream) next(target string) catalog.UpstreamAnswer {
	signature := signatureIn(target)
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.scripts[signature]
	if len(list) == 0 {
		return catalog.DefaultAnswer
	}
	if len(list) > 1 {
		u.scripts[signature] = list[1:]
	}
	return list[0]
}

// preflightAnswer is what the upstream answers preflights with, which are not for
// it: it knows no OPTIONS, as most applications don't.
var preflightAnswer = catalog.UpstreamAnswer{
	Status: http.StatusMethodNotAllowed, Headers: []catalog.HeaderLine{"Content-Type: text/plain", "Cache-Control: no-store", "Allow: GET, POST"}, Body: "corsproof",
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

func (u *upstream) serve(conn net.Conn) {
	u.mu.Lock()
	if u.closed {
		u.mu.Unlock()
		conn.Close()
		return
	}
	u.live[conn] = struct{}{}
	u.mu.Unlock()
	defer func() {
		conn.Close()
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.live, conn)
	}()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		a := preflightAnswer
		if !isPreflight(request) {
			a = u.next(request.RequestURI)
		}
		switch a.Act {
		case catalog.ActResets, catalog.ActRefuses:
			return
		case catalog.ActHangs:
			<-u.release
			return
		case catalog.ActUnasked:
			a = catalog.DefaultAnswer
		}
		if _, err := conn.Write(encodeAnswer(a, request)); err != nil || request.Close {
			return
		}
	}
}

// encodeAnswer writes an answer as it is written, with the length of its body.
func encodeAnswer(a catalog.UpstreamAnswer, request *http.Request) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.Status, http.StatusText(a.Status))
	for _, line := range a.Headers {
		fmt.Fprintf(&out, "%s\r\n", line)
	}
	if a.Status >= 200 && a.Status != http.StatusNoContent && a.Status != http.StatusNotModified {
		fmt.Fprintf(&out, "Content-Length: %d\r\n", len(a.Body))
	}
	out.WriteString("\r\n")
	if request.Method != http.MethodHead && a.Status != http.StatusNoContent && a.Status != http.StatusNotModified {
		out.WriteString(a.Body)
	}
	return out.Bytes()
}

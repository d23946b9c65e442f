package wire

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Paths that every page origin answers with a blank page.
const (
	PagePath = "/.corsproof/page" // the page that a browser opens
	SlotPath = "/.corsproof/slot" // the frames in it that run cases
)

// blankPage asks for no icon: a browser would fetch /favicon.ico else.
const blankPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>corsproof</title>` + "\n"

// A PageHostConfig configures a [PageHost].
type PageHostConfig struct {
	// CA signs for https origins. Nil: there can be none.
	CA *CA
	// Router gets a route for each origin. Nil: there can be no named origin.
	Router *Router
	// Clock is the run's. Default: one that starts now.
	Clock *Clock
	// Timeouts bounds what the page host waits for.
	Timeouts Timeouts
}

// A PageHost serves pages over HTTP/1.1, each origin on a listener of its own:
// on real ports of 127.0.0.1, and on named origins that a [Router] leads to it.
// All methods are safe for concurrent use.
type PageHost struct {
	cfg PageHostConfig
	wg  sync.WaitGroup

	mu         sync.Mutex
	servers    map[string]*pageServer // by served origin
	unexpected []string
	closed     bool
}

type pageServer struct {
	http     *http.Server
	hostport string
}

// NewPageHost returns a PageHost that serves nothing yet. The caller closes it.
func NewPageHost(cfg PageHostConfig) (*PageHost, error) {
	cfg.Clock = cfg.Clock.orNew()
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	return &PageHost{cfg: cfg, servers: map[string]*pageServer{}}, nil
}

// Serve makes content the pages of an origin until Close, and returns the
// origin as a browser writes it:
//
//   - "" is http://127.0.0.1 on a free port;
//   - a loopback address or localhost, as in "http://127.0.0.1:5173", is that
//     port, and an error that wraps syscall.EADDRINUSE if it is taken;
//   - any other, as in "https://app.example.com", is a named origin, reached
//     through the Router.
//
// "/" is content's index.html. Nil content means the harness's own pages alone,
// [PagePath] and [SlotPath], which every origin has. An origin that is served
// already is an error.
func (h *PageHost) Serve(origin string, content fs.FS) (served string, err error) {
	if origin == "" {
		origin = "http://127.0.0.1:0"
	}
	o, err := parsePageOrigin(origin)
	if err != nil {
		return "", err
	}
	listen := "127.0.0.1:0"
	switch {
	case o.real:
		listen = net.JoinHostPort(o.listenHost(), o.port)
	case h.cfg.Router == nil:
		return "", fmt.Errorf("serve page origin %q: a named origin needs PageHostConfig.Router", origin)
	}
	ln, err := listenLoopback(listen)
	if err != nil {
		return "", fmt.Errorf("serve page origin %q: %w", origin, err)
	}
	_, actual, _ := net.SplitHostPort(ln.Addr().String())
	if o.real {
		o.port = actual
	}
	inner := ln
	if o.scheme == "https" {
		if h.cfg.CA == nil {
			ln.Close()
			return "", fmt.Errorf("serve page origin %q: an https origin needs PageHostConfig.CA", origin)
		}
		leaf, err := h.cfg.CA.Leaf(o.host)
		if err != nil {
			ln.Close()
			return "", fmt.Errorf("serve page origin %q: %w", origin, err)
		}
		ln = tls.NewListener(ln, &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{*leaf},
			NextProtos:   []string{"http/1.1"},
		})
	}
	served = o.String()
	server := &pageServer{hostport: net.JoinHostPort(o.host, o.port), http: &http.Server{
		Handler:           pages{h, served, content},
		Protocols:         new(http.Protocols),
		ReadHeaderTimeout: h.cfg.Timeouts.Handshake,
		ErrorLog:          log.New(io.Discard, "", 0),
	}}
	server.http.Protocols.SetHTTP1(true)

	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		ln.Close()
		return "", fmt.Errorf("serve page origin %q: the page host is closed", origin)
	}
	if h.servers[served] != nil {
		ln.Close()
		return "", fmt.Errorf("serve page origin %q: it is served already: choose another, or a page host of its own", origin)
	}
	h.servers[served] = server
	if h.cfg.Router != nil {
		h.cfg.Router.Route(server.hostport, inner.Addr().String())
	}
	h.wg.Go(func() { server.http.Serve(ln) })
	return served, nil
}

// Unexpected returns the requests for what no origin has, as in
// "GET https://app.example.com/favicon.ico", in order.
func (h *PageHost) Unexpected() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.unexpected)
}

// Close ends all origins with their connections, and takes their routes back.
// It is idempotent.
func (h *PageHost) Close() error {
	h.mu.Lock()
	h.closed = true
	servers := h.servers
	h.servers = map[string]*pageServer{}
	h.mu.Unlock()
	var errs []error
	for _, s := range servers {
		if h.cfg.Router != nil {
			h.cfg.Router.Remove(s.hostport)
		}
		errs = append(errs, s.http.Close())
	}
	h.wg.Wait()
	return errors.Join(errs...)
}

// pages is the handler of one origin.
type pages struct {
	host    *PageHost
	origin  string
	content fs.FS
}

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, contentType, ok := p.find(r.URL.Path)
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !ok || !read {
		p.host.mu.Lock()
		p.host.unexpected = append(p.host.unexpected, r.Method+" "+p.origin+r.RequestURI)
		p.host.mu.Unlock()
		if ok {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pages are read only", http.StatusMethodNotAllowed)
			return
		}
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// find returns the file for a path, read whole.
func (p pages) find(urlPath string) (body []byte, contentType string, ok bool) {
	if urlPath == PagePath || urlPath == SlotPath {
		return []byte(blankPage), contentTypes[".html"], true
	}
	name := strings.TrimPrefix(urlPath, "/")
	if name == "" {
		name = "index.html"
	}
	if p.content == nil || !fs.ValidPath(name) {
		return nil, "", false
	}
	body, err := fs.ReadFile(p.content, name)
	if err != nil {
		return nil, "", false
	}
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		contentType = "application/octet-stream"
	}
	return body, contentType, true
}

// contentTypes is by file extension. It stands here since the system's own
// table differs from one machine to the next.
var contentTypes = map[string]string{
	".avif":  "image/avif",
	".css":   "text/css; charset=utf-8",
	".gif":   "image/gif",
	".htm":   "text/html; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".ico":   "image/x-icon",
	".jpeg":  "image/jpeg",
	".jpg":   "image/jpeg",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".map":   "application/json",
	".mjs":   "text/javascript; charset=utf-8",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".txt":   "text/plain; charset=utf-8",
	".wasm":  "application/wasm",
	".webp":  "image/webp",
	".woff":  "font/woff",
	".woff2": "font/woff2",
	".xml":   "application/xml",
}

// A pageOrigin is a tuple origin that pages can have.
type pageOrigin struct {
	scheme, host, port string
	real               bool // on its port, not through the Router
}

func parsePageOrigin(s string) (pageOrigin, error) {
	bad := func(problem string) (pageOrigin, error) {
		return pageOrigin{}, fmt.Errorf("serve page origin %q: %s: write it as https://app.example.com or http://127.0.0.1:5173", s, problem)
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("not a URL")
	}
	o := pageOrigin{scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port()}
	switch {
	case o.scheme != "http" && o.scheme != "https":
		return bad("its scheme is neither http nor https")
	case o.host == "":
		return bad("it has no host")
	case strings.ContainsFunc(o.host, func(r rune) bool { return r > unicode.MaxASCII }):
		return bad("its host is not ASCII, as a browser sends it (xn--…)")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.ForceQuery:
		return bad("it has more than scheme, host and port")
	}
	if o.port == "" {
		o.port = defaultPorts[o.scheme]
	}
	ip, err := netip.ParseAddr(o.host)
	o.real = err == nil && ip.IsLoopback() || o.host == "localhost"
	return o, nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// listenHost is the loopback address of a real origin.
func (o pageOrigin) listenHost() string {
	if o.host == "localhost" {
		return "127.0.0.1"
	}
	return o.host
}

// String returns the origin as a browser serializes it.
func (o pageOrigin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port == defaultPorts[o.scheme] {
		return o.scheme + "://" + host
	}
	return o.scheme + "://" + host + ":" + o.port
}

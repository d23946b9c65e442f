package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// Reach says how to get to a server, as curl's flags do. The zero value is the system's
// names and certificate authorities, and no proxy.
type Reach struct {
	// Addresses are the addresses of names, "host:port" to "address:port".
	Addresses map[string]string
	// Roots verifies the server's certificate; nil means the system's.
	Roots *x509.CertPool
	// Insecure: the certificate isn't verified.
	Insecure bool
	// Certificate is shown to a server that asks for one; nil means none.
	Certificate *tls.Certificate
	// Proxy takes all connections; nil means none.
	Proxy *url.URL
}

// A bridge stands for the servers that a page calls: it makes the request to them that it
// got, and hands their response back. What it withholds it answers by itself. Safe for
// concurrent use.
type bridge struct {
	lab       *harness.Lab
	cfg       StoryConfig
	transport *http.Transport

	mu     sync.Mutex
	stands map[fetch.Origin]bool
	failed []string // why servers could not be reached
}

func newBridge(lab *harness.Lab, cfg StoryConfig) *bridge {
	return &bridge{lab: lab, cfg: cfg, transport: cfg.Reach.transport(), stands: map[fetch.Origin]bool{}}
}

func (r Reach) transport() *http.Transport {
	t := &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: r.Roots, InsecureSkipVerify: r.Insecure}}
	if r.Certificate != nil {
		t.TLSClientConfig.Certificates = []tls.Certificate{*r.Certificate}
	}
	if r.Proxy != nil {
		t.Proxy = http.ProxyURL(r.Proxy)
	}
	dialer := net.Dialer{}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if to := r.Addresses[strings.ToLower(address)]; to != "" {
			address = to
		}
		return dialer.DialContext(ctx, network, address)
	}
	return t
}

func (b *bridge) close() { b.transport.CloseIdleConnections() }

// stand makes the bridge stand for the server at an origin.
func (b *bridge) stand(origin fetch.Origin) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stands[origin] {
		return nil
	}
	if _, err := b.lab.ServeOrigin(string(origin), b.at(origin)); err != nil {
		return err
	}
	b.stands[origin] = true
	return nil
}

// problems returns why servers could not be reached, each reason once.
func (b *bridge) problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.failed)
}

// withholds reports whether a request with the method is answered in the server's place.
func (b *bridge) withholds(method string) bool { return !b.cfg.Send && !isSafe(method) }

// at answers for an origin.
func (b *bridge) at(origin fetch.Origin) http.Handler {
	to, err := url.Parse(string(origin))
	proxy := &httputil.ReverseProxy{
		Transport: b.transport,
		ErrorLog:  log.New(io.Discard, "", 0),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			b.follow(origin, r)
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			b.fail(origin, err)
			panic(http.ErrAbortHandler) // the browser gets no response either
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case wire.AnswerOwn(w, r):
		case b.withholds(r.Method):
			consent(w, r)
		case err != nil:
			b.fail(origin, err)
			panic(http.ErrAbortHandler)
		default:
			ctx, cancel := context.WithTimeoutCause(r.Context(), b.cfg.Timeout, fmt.Errorf("no whole response within %v", b.cfg.Timeout))
			defer cancel()
			proxy.ServeHTTP(w, r.WithContext(ctx))
		}
	})
}

// consent answers a request that is withheld as a server would that lets the page read.
func consent(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	w.WriteHeader(http.StatusOK)
}

// follow makes the bridge stand where a redirect leads.
func (b *bridge) follow(origin fetch.Origin, r *http.Response) {
	location := r.Header.Get("Location")
	if location == "" || !fetch.IsRedirectStatus(r.StatusCode) {
		return
	}
	base, err := fetch.ParseURL(string(origin)+r.Request.URL.RequestURI(), nil)
	if err != nil {
		return
	}
	to, err := fetch.ParseURL(location, base)
	if err != nil || !to.IsHTTP() {
		return
	}
	if err := b.stand(to.Origin()); err != nil {
		b.fail(to.Origin(), err)
	}
}

// fail notes why a server could not be reached.
func (b *bridge) fail(origin fetch.Origin, err error) {
	line := fmt.Sprintf("%s could not be reached, so CORS is not the reason: %v", origin, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.failed, line) {
		b.failed = append(b.failed, line)
	}
}

// mostRedirects is how many a direct client follows.
const mostRedirects = 20

// directly makes the request as a client that is no browser does: without an Origin, and
// with the cookies whatever the credentials mode is. Nil if the method is one that is not
// sent twice.
func (b *bridge) directly(ctx context.Context) *fetch.Trace {
	if !isSafe(b.cfg.Request.Method) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.Timeout+time.Second)
	defer cancel()
	headers := append(fetch.HeaderList{{"User-Agent", "corsproof"}}, b.cfg.Request.Headers...)
	if b.cfg.Cookies != "" {
		headers = append(headers, fetch.Header{"Cookie", b.cfg.Cookies})
	}
	method := fetch.NormalizeMethod(b.cfg.Request.Method)
	if method == "" {
		method = http.MethodGet
	}
	t := &fetch.Trace{Request: b.cfg.Request}
	at := b.cfg.Request.URL
	for range mostRedirects {
		response, err := direct.Exchange(ctx, b.transport, direct.Outgoing{Method: method, URL: at, Headers: headers}, b.cfg.Timeout)
		switch {
		case err != nil:
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}
			return t
		case response.Silent:
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("no response within %v", b.cfg.Timeout)}
			return t
		case response.Failed != "":
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: response.Failed}
			return t
		}
		location, there := response.Headers.Get("Location")
		base, err := fetch.ParseURL(at, nil)
		if err != nil || !there || !fetch.IsRedirectStatus(response.Status) {
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
				Type: fetch.ResponseDefault, Status: response.Status, URL: at, Headers: response.Headers, Body: response.Body,
			}}
			return t
		}
		to, err := fetch.ParseURL(location, base)
		if err != nil {
			t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "its Location is not a URL: " + location}
			return t
		}
		if to.Origin() != base.Origin() { // as curl does
			headers = slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool {
				return strings.EqualFold(h.Name(), "Authorization") || strings.EqualFold(h.Name(), "Cookie")
			})
		}
		at = to.String()
	}
	t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("more than %d redirects", mostRedirects)}
	return t
}

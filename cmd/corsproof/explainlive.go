package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/pasted"
)

// explainURL sends the request that the flags describe.
func explainURL(ctx context.Context, out io.Writer, f explainFlags, address string) error {
	call, err := f.call(address)
	if err != nil {
		return err
	}
	return explainCall(ctx, out, f, call)
}

// call is the request that the flags describe: they are curl's.
func (f explainFlags) call(address string) (pasted.Call, error) {
	words := []string{"curl", "--url", address}
	if f.method != "" {
		words = append(words, "-X", f.method)
	}
	for _, h := range f.headers {
		if !strings.ContainsAny(h, ":;") {
			return pasted.Call{}, fmt.Errorf("--header %q: write 'Name: value'", h)
		}
		words = append(words, "-H", h)
	}
	if f.data != "" {
		words = append(words, "--data-raw", f.data)
	}
	for i, w := range words[1:] {
		words[i+1] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	call, err := pasted.Curl(strings.Join(words, " "))
	if p, ok := errors.AsType[*pasted.Error](err); ok {
		return call, errors.New(p.Problem)
	}
	return call, err
}

// explainCall sends a request.
func explainCall(ctx context.Context, out io.Writer, f explainFlags, call pasted.Call) error {
	cfg, err := f.story(call)
	if err != nil {
		return err
	}
	s, err := check.Explain(ctx, cfg)
	if err != nil {
		return &exitError{exitUnknown, err}
	}
	return tell(out, f, s)
}

// story is how the request of a call is made.
func (f explainFlags) story(call pasted.Call) (check.StoryConfig, error) {
	cfg := check.StoryConfig{Request: call.Request, Cookies: call.Cookies, Send: f.send, Timeout: f.timeout}
	if f.cookies != "" {
		cfg.Cookies = f.cookies
	}
	var err error
	if cfg.Request.Origin, err = f.pageOrigin(call.Origin); err != nil {
		return cfg, err
	}
	if cfg.Request.Credentials, err = f.credentialsMode(call.Credentials); err != nil {
		return cfg, err
	}
	if u, err := fetch.ParseURL(cfg.Request.URL, nil); err != nil || !u.IsHTTP() {
		return cfg, fmt.Errorf("%q is not an absolute http or https URL", cfg.Request.URL)
	}
	cfg.Reach, err = f.reach(call.Connection)
	return cfg, err
}

// reach joins how the call reaches the server with what the flags say.
func (f explainFlags) reach(c pasted.Connection) (check.Reach, error) {
	r := check.Reach{Insecure: f.insecure || c.Insecure, Addresses: map[string]string{}}
	for _, entry := range append(c.Resolve, f.resolve...) {
		host, rest, ok := strings.Cut(strings.TrimLeft(entry, "+"), ":")
		port, address, more := strings.Cut(rest, ":")
		if !ok || !more || host == "" || port == "" || address == "" {
			return r, fmt.Errorf("--resolve %q: write HOST:PORT:ADDRESS, for example api.internal:443:10.0.0.7", entry)
		}
		address, _, _ = strings.Cut(address, ",") // the first is tried first
		r.Addresses[strings.ToLower(net.JoinHostPort(host, port))] = net.JoinHostPort(strings.Trim(address, "[]"), port)
	}
	for _, entry := range c.ConnectTo {
		parts := strings.Split(entry, ":")
		if len(parts) != 4 {
			return r, fmt.Errorf("--connect-to %q: write HOST1:PORT1:HOST2:PORT2", entry)
		}
		to := net.JoinHostPort(orElse(parts[2], parts[0]), orElse(parts[3], parts[1]))
		r.Addresses[strings.ToLower(net.JoinHostPort(parts[0], parts[1]))] = to
	}
	if file := orElse(f.caCert, c.CACert); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return r, fmt.Errorf("--cacert: %w", err)
		}
		if r.Roots = x509.NewCertPool(); !r.Roots.AppendCertsFromPEM(pem) {
			return r, fmt.Errorf("--cacert %s: no certificate in PEM found", file)
		}
	}
	if file := orElse(f.cert, c.Cert); file != "" {
		pair, err := tls.LoadX509KeyPair(file, orElse(orElse(f.key, c.Key), file))
		if err != nil {
			return r, fmt.Errorf("--cert: %w", err)
		}
		r.Certificate = &pair
	}
	if proxy := orElse(f.proxy, c.Proxy); proxy != "" {
		if !strings.Contains(proxy, "://") {
			proxy = "http://" + proxy
		}
		u, err := url.Parse(proxy)
		if err != nil || u.Host == "" {
			return r, fmt.Errorf("--proxy %q: write scheme, host and port, for example http://proxy.internal:3128", proxy)
		}
		r.Proxy = u
	}
	return r, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

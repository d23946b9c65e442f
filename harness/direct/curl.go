package direct

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
)

// ErrNoCurl is returned if curl is not installed.
var ErrNoCurl = errors.New("curl is not installed; install it with: apt-get install curl")

// Curl is the curl command. One process sends a whole batch of requests.
type Curl struct {
	cfg     Config
	path    string
	version string
}

// batches counts the calls of curl: each has a folder of its own.
var batches atomic.Int64

// NewCurl finds curl by the variable CORSPROOF_CURL or in PATH, and reads its version. If
// curl is missing, the error is [ErrNoCurl].
func NewCurl(ctx context.Context, cfg Config) (*Curl, error) {
	path := os.Getenv("CORSPROOF_CURL")
	if path == "" {
		found, err := exec.LookPath("curl")
		if err != nil {
			return nil, ErrNoCurl
		}
		path = found
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeouts.start())
	defer cancel()
	version := exec.CommandContext(ctx, path, "--version")
	version.WaitDelay = time.Second
	out, err := version.Output()
	if err != nil {
		return nil, fmt.Errorf("read the version of curl: %s: %w; check that it is curl, or set CORSPROOF_CURL to another one", path, err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 2 || fields[0] != "curl" {
		return nil, fmt.Errorf("%s doesn't say that it is curl, but %.60q; CORSPROOF_CURL names another one", path, out)
	}
	return &Curl{cfg: cfg, path: path, version: fields[1]}, nil
}

// Caller implements [Client].
func (c *Curl) Caller() fetch.Caller {
	return fetch.Caller{Name: "curl", Kind: fetch.CallerDirect, Version: c.version}
}

// Call implements [Client].
func (c *Curl) Call(ctx context.Context, requests []fetch.Request) ([]Reply, error) {
	replies, err := c.batch(ctx, requests)
	if err != nil {
		return nil, fmt.Errorf("curl: %w", err)
	}
	return replies, nil
}

func (c *Curl) batch(ctx context.Context, requests []fetch.Request) ([]Reply, error) {
	dir, err := c.cfg.Run.Mkdir(fmt.Sprintf("curl-%d", batches.Add(1)), nil)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	config, err := c.config(dir, requests)
	if err != nil {
		return nil, err
	}
	configFile := filepath.Join(dir, "config")
	if err := os.WriteFile(configFile, config, 0o600); err != nil {
		return nil, err
	}
	spec := process.Spec{
		Name: "curl", Path: c.path, Dir: dir,
		// --disable first: a .curlrc would add headers of its own.
		Args: []string{"--disable", "--config", configFile},
	}
	if c.cfg.Wrap != nil {
		spec = c.cfg.Wrap(spec)
	}
	child, err := c.cfg.Run.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), child.Stop(context.WithoutCancel(ctx)))
	}
	// The exit code is that of the last call; each call's own is in its report.
	replies, err := c.replies(dir, child.Log(), requests)
	if err != nil {
		return nil, err
	}
	return replies, nil
}

// config writes curl's configuration for the batch: long options, a line each,
// the calls separated by "next".
func (c *Curl) config(dir string, requests []fetch.Request) ([]byte, error) {
	var b bytes.Buffer
	for i, r := range requests {
		if i > 0 {
			b.WriteString("next\n")
		}
		option(&b, "url", r.URL)
		option(&b, "request", method(r))
		if method(r) == "HEAD" {
			b.WriteString("head\n")
		}
		for _, h := range headers(r) {
			line := h.Name() + ": " + h.Value()
			if h.Value() == "" {
				line = h.Name() + ";" // curl's way to send an empty value
			}
			raw, ok := fetch.IsomorphicEncode(line)
			if !ok {
				return nil, fmt.Errorf("header %q holds a code point above U+00FF", h.Name())
			}
			option(&b, "header", string(raw))
		}
		p, err := body(r)
		if err != nil {
			return nil, err
		}
		if r.Body != nil {
			file := filepath.Join(dir, fmt.Sprintf("%d.request", i))
			if err := os.WriteFile(file, p, 0o600); err != nil {
				return nil, err
			}
			option(&b, "data-binary", "@"+file)
		}
		if c.cfg.CA != nil && strings.HasPrefix(r.URL, "https:") {
			file := filepath.Join(dir, "ca.pem")
			if err := os.WriteFile(file, c.cfg.CA.PEM(), 0o600); err != nil {
				return nil, err
			}
			option(&b, "cacert", file)
			if err := c.identity(&b, dir); err != nil {
				return nil, err
			}
		}
		if err := c.connectTo(&b, r.URL); err != nil {
			return nil, err
		}
		option(&b, "noproxy", "*")
		b.WriteString("silent\nshow-error\npath-as-is\ngloboff\n")
		option(&b, "stderr", filepath.Join(dir, "stderr"))
		option(&b, "max-time", fmt.Sprintf("%.3f", c.cfg.Timeouts.call().Seconds()))
		option(&b, "dump-header", filepath.Join(dir, fmt.Sprintf("%d.headers", i)))
		option(&b, "output", filepath.Join(dir, fmt.Sprintf("%d.body", i)))
		option(&b, "write-out", `%{json}\n`)
	}
	return b.Bytes(), nil
}

// identity makes curl show the identity's certificate.
func (c *Curl) identity(b *bytes.Buffer, dir string) error {
	if c.cfg.Identity == nil {
		return nil
	}
	chain, key, err := c.cfg.Identity.PEM()
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"cert": chain, "key": key} {
		file := filepath.Join(dir, name+".pem")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
		option(b, name, file)
	}
	return nil
}

func (c *Curl) connectTo(b *bytes.Buffer, rawURL string) error {
	if c.cfg.Routes == nil {
		return nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if to, ok := c.cfg.route(net.JoinHostPort(u.Hostname(), port)); ok {
		option(b, "connect-to", "::"+to)
	}
	return nil
}

// option writes an option with a quoted value; curl undoes \\, \", \n, \r and \t.
func option(b *bytes.Buffer, name, value string) {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(value)
	if name == "write-out" {
		quoted = value
	}
	fmt.Fprintf(b, "%s = \"%s\"\n", name, quoted)
}

// curlTimeout is curl's exit code for a call that took longer than it may.
const curlTimeout = 28

// A curlReport is what --write-out '%{json}' says of one call.
type curlReport struct {
	ExitCode  int    `json:"exitcode"`
	Error     string `json:"errormsg"`
	Status    int    `json:"response_code"`
	LocalIP   string `json:"local_ip"`
	LocalPort int    `json:"local_port"`
}

func (c *Curl) replies(dir string, log []byte, requests []fetch.Request) ([]Reply, error) {
	var reports []curlReport
	for line := range bytes.Lines(log) {
		var report curlReport
		if err := json.Unmarshal(line, &report); err != nil {
			return nil, fmt.Errorf("read its report: %w: %.200q", err, log)
		}
		reports = append(reports, report)
	}
	if len(reports) != len(requests) {
		stderr, _ := os.ReadFile(filepath.Join(dir, "stderr"))
		return nil, fmt.Errorf("%d reports on %d calls: %s", len(reports), len(requests), bytes.TrimSpace(stderr))
	}
	replies := make([]Reply, len(reports))
	for i, report := range reports {
		replies[i].Connections = connection(report.LocalIP, report.LocalPort)
		if report.ExitCode == curlTimeout {
			replies[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: fmt.Sprintf("no whole answer within %v", c.cfg.Timeouts.call())}
			continue
		}
		if report.ExitCode != 0 {
			replies[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: fmt.Sprintf("curl: (%d) %s", report.ExitCode, report.Error)}
			continue
		}
		read, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.body", i)))
		if err != nil && !errors.Is(err, os.ErrNotExist) { // curl makes no file for an empty body
			return nil, err
		}
		if method(requests[i]) == "HEAD" {
			read = nil // curl writes the head here
		}
		list, err := dumpedHeaders(filepath.Join(dir, fmt.Sprintf("%d.headers", i)))
		if err != nil {
			return nil, err
		}
		replies[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
			Type: fetch.ResponseDefault, Status: report.Status, URL: requests[i].URL, Headers: list, Body: fetch.PayloadOf(read),
		}}
	}
	return replies, nil
}

// dumpedHeaders reads the lines of the last response head in a file that
// --dump-header wrote (interim responses come first).
func dumpedHeaders(file string) (fetch.HeaderList, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list := fetch.HeaderList{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		if strings.HasPrefix(line, "HTTP/") {
			list = fetch.HeaderList{}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			list = append(list, fetch.Header{name, fetch.IsomorphicDecode([]byte(strings.Trim(value, " \t")))})
		}
	}
	return list.Redacted(), lines.Err()
}

package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/story"
)

// StoryTimeout bounds each request of a story by default.
const StoryTimeout = 10 * time.Second

// A StoryConfig says how the request of a story is made.
type StoryConfig struct {
	// Request is what page code asks; its Origin is the page's.
	Request fetch.Request
	// Cookies are those that the browser has for the server, as in a Cookie header.
	Cookies string
	// Send has a request with another method than GET, HEAD and OPTIONS reach the server.
	// Otherwise its preflight does, and it is answered in the server's place.
	Send bool
	// Reach says how to get to the server.
	Reach Reach
	// Timeout bounds each request. Default [StoryTimeout].
	Timeout time.Duration
	Lab     harness.LabConfig
}

// Explain makes one request with a real browser, and with a client that is none, and
// returns the story of it. It retries nothing. The pages and what they call go through
// servers on loopback that end when it returns. An error means that the request could not
// be made; that no response came is a story.
func Explain(ctx context.Context, cfg StoryConfig) (*story.Story, error) {
	s, err := explainLive(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", cfg.Request.URL, err)
	}
	return s, nil
}

func explainLive(ctx context.Context, cfg StoryConfig) (s *story.Story, err error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, StoryTimeout)
	url, err := fetch.ParseURL(cfg.Request.URL, nil)
	switch {
	case err != nil || !url.IsHTTP():
		return nil, errors.New("not an absolute http or https URL")
	case cfg.Request.Origin == "":
		return nil, errors.New("the page's origin is missing")
	}
	if err := browser.CheckRequest(cfg.Request, cfg.Request.Origin); err != nil {
		return nil, err
	}
	var secrets redaction
	if err := addSecrets(&secrets, cfg); err != nil {
		return nil, err
	}
	lab, err := harness.NewLab(cfg.Lab)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	return tellLive(ctx, lab, cfg, url, &secrets)
}

// tellLive makes the request in a lab that has no server at its URL yet.
func tellLive(ctx context.Context, lab *harness.Lab, cfg StoryConfig, url *fetch.URL, secrets *redaction) (*story.Story, error) {
	b := newBridge(lab, cfg)
	defer b.close()
	if err := b.stand(url.Origin()); err != nil {
		return nil, err
	}
	direct := make(chan *fetch.Trace, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { direct <- b.directly(ctx) }()
	trace, err := observeOne(ctx, lab, cfg, b)
	if err != nil {
		return nil, err
	}
	masked := trace.Masked(secrets.mask)
	told := story.Config{Request: cfg.Request, Observed: &masked, Withheld: b.withholds(cfg.Request.Method), Cookies: cfg.Cookies != ""}
	if d := <-direct; d != nil {
		plain := d.Masked(secrets.mask)
		told.Direct = &plain
	}
	told.Lacks = b.problems()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	s, err := story.Tell(ctx, told)
	if err != nil {
		return nil, err
	}
	s.Request.URL = secrets.text(s.Request.URL)
	return s, nil
}

// observeOne has the browser make the request from a page at its origin.
func observeOne(ctx context.Context, lab *harness.Lab, cfg StoryConfig, b *bridge) (t fetch.Trace, err error) {
	page := cfg.Request.Origin
	url, _ := fetch.ParseURL(cfg.Request.URL, nil)
	if page != string(url.Origin()) && page != browser.OpaqueOrigin {
		if _, err := lab.Pages.ServeRouted(page, nil); err != nil {
			return t, err
		}
	}
	if page == browser.OpaqueOrigin {
		if _, err := lab.Pages.ServeRouted(browser.OpaqueHost, nil); err != nil {
			return t, err
		}
	}
	engine, err := lab.Chromium(ctx)
	if err != nil {
		return t, err
	}
	var cookies []browser.Cookie
	for pair := range strings.SplitSeq(cfg.Cookies, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			cookies = append(cookies, browser.Cookie{URL: string(url.Origin()) + "/", Name: name, Value: value})
		}
	}
	if len(cookies) > 0 {
		if err := engine.SetCookies(ctx, cookies...); err != nil {
			return t, err
		}
	}
	opened, err := engine.OpenSlots(ctx, page, 1)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	request := cfg.Request
	request.Origin = ""
	err = opened.Observe(ctx, []browser.Job{{ID: "story", Request: request, Timeout: cfg.Timeout}}, func(o browser.Observation) { t = o.Trace })
	if browser.IsEvidenceProblem(err) {
		t.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}
		err = nil
	}
	return t, err
}

// addSecrets notes what may not stand in a story: cookies, and the headers that
// [fetch.HeaderList.Redacted] redacts.
func addSecrets(r *redaction, cfg StoryConfig) error {
	var secrets []string
	for pair := range strings.SplitSeq(cfg.Cookies, ";") {
		if _, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			secrets = append(secrets, value)
		}
	}
	redacted := cfg.Request.Headers.Redacted()
	for i, h := range cfg.Request.Headers {
		if redacted[i] == h {
			continue
		}
		value := h.Value()
		if _, credentials, ok := strings.Cut(value, " "); ok && strings.EqualFold(h.Name(), "Authorization") {
			value = credentials
		}
		secrets = append(secrets, value)
	}
	for _, s := range secrets {
		if err := r.add(s); err != nil {
			return err
		}
	}
	return nil
}

// isSafe reports whether a request with the method changes nothing:
// https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1.
func isSafe(method string) bool {
	return slices.Contains([]string{"", http.MethodGet, http.MethodHead, http.MethodOptions}, fetch.NormalizeMethod(method))
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/pasted"
	"github.com/corsproof/corsproof/harness/story"
)

// explainHAR tells which requests of a HAR file failed and why, from what is recorded.
func explainHAR(ctx context.Context, out io.Writer, f explainFlags, name string, data []byte) error {
	archive, err := pasted.HAR(bytes.NewReader(data))
	if err != nil {
		return inText(name, err)
	}
	var failed, all []*story.Story
	hops := map[int]bool{} // entries that a redirect led to
	for i := range archive.Entries {
		e := &archive.Entries[i]
		if !f.asksAcross(e) || hops[i] {
			continue
		}
		s, err := f.recorded(ctx, archive, e, hops)
		if err != nil {
			return fmt.Errorf("%s:%d: log.entries[%d]: %w", name, e.Line, e.Index, err)
		}
		all = append(all, s)
		if s.End != story.EndReadable {
			failed = append(failed, s)
		}
	}
	if !f.json {
		fmt.Fprintf(out, "%s: %d requests, %d of them cross-origin requests of page code; %d readable, %d blocked or unknown\n", name, len(archive.Entries), len(all), len(all)-len(failed), len(failed))
		if len(failed) > 0 {
			fmt.Fprintln(out)
		}
	}
	if f.json {
		return tell(out, f, all...)
	}
	return tell(out, f, failed...)
}

// asksAcross reports whether an entry is a request that page code made to another origin,
// and no preflight.
func (f explainFlags) asksAcross(e *pasted.Entry) bool {
	if e.IsPreflight {
		return false
	}
	origin, err := f.pageOrigin(e.Call.Origin)
	u, urlErr := fetch.ParseURL(e.Call.Request.URL, nil)
	if err != nil || urlErr != nil || !u.IsHTTP() || string(u.Origin()) == origin {
		return false
	}
	switch e.ResourceType {
	case "fetch", "xhr", "preflight":
		return true
	case "":
		// Firefox and Safari don't say what asked; a request in mode cors has an Origin.
		return e.Sent.Headers.Contains("Origin")
	}
	return e.Sent.Headers.Contains("Origin")
}

// recorded is the story of an entry, with those that its redirects led to, which are noted
// in hops.
func (f explainFlags) recorded(ctx context.Context, a *pasted.Archive, e *pasted.Entry, hops map[int]bool) (*story.Story, error) {
	cfg := story.Config{Request: e.Call.Request, Lacks: e.Lacks}
	var err error
	if cfg.Request.Origin, err = f.pageOrigin(e.Call.Origin); err != nil {
		return nil, err
	}
	if cfg.Request.Credentials, err = f.credentialsMode(e.Call.Credentials); err != nil {
		return nil, err
	}
	for e != nil {
		if e.ServedBy >= 0 {
			cfg.Recorded = append(cfg.Recorded, exchangesOf(&a.Entries[e.ServedBy])...)
		}
		cfg.Recorded = append(cfg.Recorded, exchangesOf(e)...)
		if e = next(a, e); e != nil {
			hops[e.Index] = true
		}
	}
	return story.Tell(ctx, cfg)
}

// exchangesOf is an entry as an exchange, if it has a response.
func exchangesOf(e *pasted.Entry) []fetch.Exchange {
	u, err := fetch.ParseURL(e.Call.Request.URL, nil)
	if err != nil || e.Response == nil {
		return nil
	}
	return []fetch.Exchange{{ID: fmt.Sprintf("entry#%d", e.Index), Server: string(u.Origin()), Request: e.Sent, Response: e.Response}}
}

// next is the entry that the redirect of another one led to; nil if there is none.
func next(a *pasted.Archive, e *pasted.Entry) *pasted.Entry {
	if e.Response == nil || !fetch.IsRedirectStatus(e.Response.Status) {
		return nil
	}
	location, _ := e.Response.Headers.Get("Location")
	base, err := fetch.ParseURL(e.Call.Request.URL, nil)
	if err != nil {
		return nil
	}
	to, err := fetch.ParseURL(location, base)
	if err != nil {
		return nil
	}
	for i := e.Index + 1; i < len(a.Entries); i++ {
		if o := &a.Entries[i]; !o.IsPreflight && o.Call.Request.URL == to.String() {
			return o
		}
	}
	return nil
}

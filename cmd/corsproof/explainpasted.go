package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/console"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/pasted"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/story"
)

// isCurl matches a text that begins with a curl command, after a prompt perhaps.
var isCurl = regexp.MustCompile(`^\s*(?:[$#%>]\s+)?curl(?:\.exe)?\s`)

// isHead matches a line that begins a response head, or one of curl -v.
var isHead = regexp.MustCompile(`(?m)^(?:[<>*] |HTTP/[0-9.]+ [0-9]{3})`)

// explainPasted explains a text by what it is.
func explainPasted(ctx context.Context, out io.Writer, f explainFlags, name string, data []byte) error {
	text := string(data)
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		return fmt.Errorf("%s is empty: paste a curl line, a console message, a HAR file or response headers", name)
	case isCurl.MatchString(text):
		call, err := pasted.Curl(text)
		if err != nil {
			return inText(name, err)
		}
		return explainCall(ctx, out, f, call)
	case trimmed[0] == '{':
		return explainHAR(ctx, out, f, name, data)
	case isHead.MatchString(text):
		return explainHeads(ctx, out, f, name, data, "")
	}
	if messages := console.Read(text); len(messages) > 0 {
		return explainConsole(out, f, messages)
	}
	if _, err := pasted.Heads(bytes.NewReader(data)); err == nil {
		return explainHeads(ctx, out, f, name, data, "")
	}
	return fmt.Errorf("%s is none of these: a curl command line, a message of Chromium's, Firefox's or Safari's console about a blocked request, a HAR file, response headers", name)
}

// inText gives a mistake in a pasted text the text's name.
func inText(name string, err error) error {
	if p, ok := errors.AsType[*pasted.Error](err); ok && p.File == "" {
		at := *p
		at.File = name
		return &at
	}
	return fmt.Errorf("%s: %w", name, err)
}

// explainConsole explains messages of a browser's console.
func explainConsole(out io.Writer, f explainFlags, messages []console.Message) error {
	code := exitProven
	if f.json {
		if err := report.WriteConsoleJSON(out, messages); err != nil {
			return err
		}
	} else if err := report.WriteConsole(out, messages); err != nil {
		return err
	}
	for _, m := range messages {
		if m.Block == nil {
			code = graver(code, exitUnknown)
		} else {
			code = graver(code, exitNotProven)
		}
	}
	return &exitError{code: code}
}

// explainResponse judges recorded response headers.
func explainResponse(ctx context.Context, in io.Reader, out io.Writer, f explainFlags, address string) error {
	if f.response == "-" {
		data, err := readStream(ctx, in, "standard input")
		if err != nil {
			return err
		}
		return explainHeads(ctx, out, f, "standard input", data, address)
	}
	data, err := readInput(ctx, f.response)
	if err != nil {
		return err
	}
	return explainHeads(ctx, out, f, f.response, data, address)
}

// noURL stands where nobody said what was called.
const noURL = "https://server.invalid/"

// explainHeads judges response heads, with their requests if the text has them.
func explainHeads(ctx context.Context, out io.Writer, f explainFlags, name string, data []byte, address string) error {
	heads, err := pasted.Heads(bytes.NewReader(data))
	if err != nil {
		return inText(name, err)
	}
	if sent, err := pasted.Transcript(bytes.NewReader(data)); err == nil && len(sent) > 0 {
		f, address = f.withSent(sent, address)
	}
	call, err := f.call(cmp.Or(address, noURL))
	if err != nil {
		return err
	}
	request := call.Request
	if request.Origin, err = f.pageOrigin(call.Origin); err != nil {
		return err
	}
	if request.Credentials, err = f.credentialsMode(call.Credentials); err != nil {
		return err
	}
	s, err := story.Tell(ctx, story.Config{Request: request, Heads: heads, Cookies: f.cookies != ""})
	if err != nil {
		return err
	}
	return tell(out, f, s)
}

// withSent takes from recorded requests what the flags and the argument leave open: the
// page's origin, the method and the headers.
func (f explainFlags) withSent(sent []fetch.Exchange, address string) (explainFlags, string) {
	sent = slices.DeleteFunc(sent, func(x fetch.Exchange) bool { return x.Request.Method == "CONNECT" })
	if len(sent) == 0 {
		return f, address
	}
	first := sent[0].Request
	if address == "" && sent[0].Server != "" {
		address = "https://" + strings.TrimPrefix(strings.TrimPrefix(sent[0].Server, "https://"), "http://") + first.Target
	}
	if origin, ok := first.Headers.Get("Origin"); ok && f.origin == "" {
		f.origin = origin
	}
	if !first.IsPreflight() {
		f.method = cmp.Or(f.method, first.Method)
		return f, address
	}
	method, _ := first.Headers.Get("Access-Control-Request-Method")
	f.method = cmp.Or(f.method, method)
	for _, name := range first.Headers.Items("Access-Control-Request-Headers") {
		given := slices.ContainsFunc(f.headers, func(h string) bool {
			has, _, _ := strings.Cut(h, ":")
			return strings.EqualFold(strings.TrimSpace(has), name)
		})
		if !given {
			f.headers = append(f.headers, name+": "+unsafeValue(name))
		}
	}
	return f, address
}

// unsafeValue is a value with which the header needs a preflight.
func unsafeValue(name string) string {
	if strings.EqualFold(name, "content-type") {
		return "application/json"
	}
	return "1"
}

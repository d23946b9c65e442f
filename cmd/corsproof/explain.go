package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/story"
)

const explainLong = `Explain why a page can or cannot read a response: what was sent, what came back, the line that decides,
and what has to come back instead.

  corsproof explain URL --origin ORIGIN     send the request with a real browser and with a direct client
  corsproof explain -                       read from standard input one of: a curl command line as browsers
                                            copy it, a message of a browser's console, a HAR file, response
                                            headers (the output of curl -i or curl -v)
  corsproof explain FILE                    the same from a file
  corsproof explain ID                      explain a kind of finding; 'corsproof explain kinds' lists all

HAR files, console messages and response headers are judged without sending anything. For methods other
than GET, HEAD and OPTIONS only the preflight is sent; --send sends the request itself.

Exit codes: 0 the page can read the response; 1 the browser blocks it; 2 wrong use; 3 unknown.`

// explainFlags are those of corsproof explain.
type explainFlags struct {
	origin, method, data, cookies, credentials string
	headers, resolve                           []string
	caCert, cert, key, proxy                   string
	insecure, send, json, markdown             bool
	response                                   string
	timeout                                    time.Duration
}

func explainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [URL | FILE | - | ID]",
		Short: "Explain why a page can or cannot read a response, or a kind of finding",
		Long:  explainLong,
		Example: `  corsproof explain https://api.example.com/orders --origin https://app.example.com -X PUT -H 'X-Trace: 1'
  corsproof explain - < copied-as-curl.txt
  curl -i https://api.example.com/orders | corsproof explain https://api.example.com/orders --origin https://app.example.com --response -
  corsproof explain acao-missing-on-error`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd.Context(), cmd, f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.origin, "origin", "", "origin of the page that asks, for example https://app.example.com")
	flags.StringVarP(&f.method, "request", "X", "", "method of the request (default GET, or POST with --data)")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header that the page's code sets, 'Name: value'; may be repeated")
	flags.StringVarP(&f.data, "data", "d", "", "body of the request")
	flags.StringVarP(&f.cookies, "cookie", "b", "", "cookies that the browser has for the server, 'a=1; b=2'")
	flags.StringVar(&f.credentials, "credentials", "", "credentials mode: omit, same-origin or include (default same-origin, as fetch(); include for a curl line with cookies)")
	flags.StringVar(&f.response, "response", "", "judge these recorded response headers, a file or - for standard input, and send nothing")
	flags.StringArrayVar(&f.resolve, "resolve", nil, "use this address for a name, HOST:PORT:ADDRESS as in curl; may be repeated")
	flags.StringVar(&f.caCert, "cacert", "", "file with the certificate authorities that verify the server, PEM")
	flags.StringVar(&f.cert, "cert", "", "client certificate, PEM")
	flags.StringVar(&f.key, "key", "", "private key of --cert, PEM (default the file of --cert)")
	flags.StringVarP(&f.proxy, "proxy", "x", "", "proxy for all requests, for example http://proxy.internal:3128")
	flags.BoolVarP(&f.insecure, "insecure", "k", false, "do not verify the server's certificate")
	flags.BoolVar(&f.send, "send", false, "send the request to the server whatever its method is")
	flags.DurationVar(&f.timeout, "timeout", check.StoryTimeout, "limit for one request")
	flags.BoolVar(&f.json, "json", false, "print JSON, "+story.Schema)
	flags.BoolVar(&f.markdown, "markdown", false, "print Markdown, for an issue or a chat")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func explain(ctx context.Context, cmd *cobra.Command, f explainFlags, args []string) error {
	if f.timeout <= 0 {
		return errors.New("--timeout: must be positive")
	}
	out := cmd.OutOrStdout()
	switch {
	case len(args) == 0 && f.response == "":
		fmt.Fprintln(out, explainLong)
		return nil
	case len(args) == 0:
		return explainResponse(ctx, cmd.InOrStdin(), out, f, "")
	case args[0] == "kinds":
		for _, k := range judge.Kinds() {
			fmt.Fprintf(out, "%-40s %-12s %s\n", k.ID, k.Severity, k.Title)
		}
		return nil
	}
	what := args[0]
	if page, ok := judge.Explain(judge.FindingID(what)); ok {
		fmt.Fprintln(out, strings.TrimSpace(page.String()))
		return nil
	}
	switch {
	case f.response != "":
		return explainResponse(ctx, cmd.InOrStdin(), out, f, what)
	case strings.Contains(what, "://") && !strings.ContainsAny(what, " \n"):
		return explainURL(ctx, out, f, what)
	case what == "-":
		data, err := readStream(ctx, cmd.InOrStdin(), "standard input")
		if err != nil {
			return err
		}
		return explainPasted(ctx, out, f, "standard input", data)
	case strings.ContainsAny(what, " \n"):
		return explainPasted(ctx, out, f, "the argument", []byte(what))
	}
	data, err := readInput(ctx, what)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%q is neither a URL with a scheme, nor a file, nor a kind of finding: write https://%s, or see 'corsproof explain kinds'", what, what)
	}
	if err != nil {
		return err
	}
	return explainPasted(ctx, out, f, what, data)
}

// readStream reads a stream to its end, or until ctx ends.
func readStream(ctx context.Context, r io.Reader, name string) (data []byte, err error) {
	read := make(chan []byte, 1)
	err = interruptible(ctx, func() error {
		data, err := io.ReadAll(io.LimitReader(r, mostInput+1))
		if err == nil && len(data) > mostInput {
			err = fmt.Errorf("%s: larger than %d MiB, the limit for input", name, mostInput>>20)
		}
		read <- data
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-read, nil
}

// tell writes stories, and returns the exit code as an error.
func tell(out io.Writer, f explainFlags, stories ...*story.Story) error {
	code := exitProven
	for i, s := range stories {
		var err error
		switch {
		case f.json:
			err = report.WriteStoryJSON(out, s)
		case f.markdown:
			err = report.WriteStoryMarkdown(out, s)
		default:
			if i > 0 {
				fmt.Fprintf(out, "\n%s\n\n", strings.Repeat("-", 80))
			}
			err = report.WriteStory(out, s)
		}
		if err != nil {
			return err
		}
		code = graver(code, endCode(s.End))
	}
	if code == exitProven {
		return nil
	}
	return &exitError{code: code}
}

// endCode is the exit code for the end of a story.
func endCode(e story.End) int {
	switch e {
	case story.EndReadable:
		return exitProven
	case story.EndBlocked:
		return exitNotProven
	}
	return exitUnknown
}

// errNoOrigin says that the page's origin is missing.
var errNoOrigin = errors.New("--origin is missing: name the origin of the page that asks, for example --origin https://app.example.com (scheme, host and port of the address bar)")

// credentialsMode is the flag's, or otherwise.
func (f explainFlags) credentialsMode(otherwise fetch.CredentialsMode) (fetch.CredentialsMode, error) {
	mode := fetch.CredentialsMode(f.credentials)
	if mode == "" {
		return otherwise, nil
	}
	if !slices.Contains([]fetch.CredentialsMode{fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude}, mode) {
		return "", fmt.Errorf("--credentials %q: it is omit, same-origin or include", f.credentials)
	}
	return mode, nil
}

// pageOrigin is the flag's origin, or otherwise, as a browser writes it.
func (f explainFlags) pageOrigin(otherwise string) (string, error) {
	given := f.origin
	if given == "" {
		given = otherwise
	}
	if given == "" {
		return "", errNoOrigin
	}
	origin, err := fetch.ParseOrigin(given)
	if err == nil {
		return string(origin), nil
	}
	if u, urlErr := fetch.ParseURL(given, nil); urlErr == nil && u.IsHTTP() {
		return string(u.Origin()), nil // the page's URL was given
	}
	return "", fmt.Errorf("--origin %q is not an origin: write scheme and host, for example https://app.example.com", given)
}

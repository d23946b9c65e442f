package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/servers"
)

// doctorSchema names the form of a [diagnosis] in JSON.
const doctorSchema = "corsproof.doctor/1"

// A diagnosis is what is on this machine of all that corsproof can use.
type diagnosis struct {
	Schema string `json:"schema"`
	// Ready says whether everything that the demo needs is installed.
	Ready bool   `json:"ready"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cache string `json:"cache"`
	Items []item `json:"items"`
}

// An item is one thing that corsproof can use.
type item struct {
	Group   group  `json:"group"`
	Name    string `json:"name"`
	For     string `json:"for"` // what it is for, in a few words
	Need    need   `json:"need"`
	There   bool   `json:"there"`
	Version string `json:"version,omitempty"`
	Path    string `json:"path,omitempty"`
	// Problem says what is missing or wrong, and how to get it; empty if There.
	Problem string `json:"problem,omitempty"`
}

// A group is a kind of item.
type group string

const (
	groupInterpreter group = "interpreter"
	groupEngine      group = "engine"
	groupClient      group = "client"
	groupServer      group = "server"
	groupNetwork     group = "network tool"
	groupContainer   group = "container"
)

// A need says what an item is needed for.
type need string

const (
	needDemo     need = "demo"     // without it there is no demo
	needOptional need = "optional" // what needs it says that it was not run
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "List what is installed, what is missing, and how to install it",
		Long: `List the engines, clients, servers, interpreters, network tools and container engines that corsproof
uses: what each is for, its version, and how to install it if it is missing. Changes nothing.

Exit codes: 0 everything for the demo is installed; 2 wrong use; 3 something is missing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := diagnose(cmd.Context())
			if err != nil {
				return &exitError{exitUnknown, causeOr(cmd.Context(), err)}
			}
			if asJSON {
				err = d.writeJSON(cmd.OutOrStdout())
			} else {
				err = d.write(cmd.OutOrStdout())
			}
			if err != nil {
				return &exitError{exitUnknown, err}
			}
			if missing := d.missing(); len(missing) > 0 {
				return &exitError{exitUnknown, fmt.Errorf("missing for the demo: %s", strings.Join(missing, ", "))}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for scripts, as "+doctorSchema)
	return cmd
}

// diagnose looks at everything. A thing that is missing is no error.
func diagnose(ctx context.Context) (*diagnosis, error) {
	in, err := servers.Inspect(ctx, servers.InstallConfig{})
	if err != nil {
		return nil, err
	}
	d := &diagnosis{Schema: doctorSchema, OS: runtime.GOOS, Arch: runtime.GOARCH, Cache: in.CacheDir}
	d.components(groupInterpreter, in.Interpreters)
	d.engines()
	d.clients(ctx, in)
	d.components(groupServer, in.Servers)
	d.Items = append(d.Items, networkTool(ctx, "ip", "-V"), networkTool(ctx, "nft", "--version"))
	d.Items = append(d.Items, docker(ctx), images(ctx, in), cluster(ctx))
	for i := range d.Items {
		d.Items[i].For = purposes[d.Items[i].Name]
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	d.Ready = len(d.missing()) == 0
	return d, nil
}

// purposes say what each item is for.
var purposes = map[string]string{
	"Node.js":           "runs Express, newman, jsdom, happy-dom; builds the React page",
	"Python":            "runs FastAPI and httpx; installs nginx and Envoy",
	"chromium":          "the browser that enforces",
	direct.NameNetHTTP:  "a client that doesn't enforce",
	direct.NameCurl:     "a client that doesn't enforce",
	direct.NameNode:     "fetch() of a server: a client that doesn't enforce",
	direct.NameHTTPX:    "a client that doesn't enforce",
	direct.NameNewman:   "Postman's runner: a client that doesn't enforce",
	direct.NameJSDOM:    "no browser, but checks CORS",
	direct.NameHappyDOM: "no browser, but checks CORS",
	"FastAPI":           "the back end under proof",
	"Express":           "the service behind it",
	"PostgreSQL":        "its database",
	"nginx":             "the gateway; TLS with client certificates",
	"Envoy":             "the sidecars of the service mesh",
	"React page":        "the page under proof",
	"ip":                "the networks of the rows internal-network and security-group, which need root",
	"nft":               "the rules of the row security-group, which needs root",
	"docker":            "container-to-container, published-port",
	"images":            "what runs in the containers",
	"kubernetes":        "optional: runs the services as pods",
}

func (d *diagnosis) components(g group, components []servers.Component) {
	for _, c := range components {
		d.Items = append(d.Items, item{Group: g, Name: c.Name, Need: needDemo, There: c.Problem == "", Version: c.Version, Path: c.Path, Problem: c.Problem})
	}
}

func (d *diagnosis) engines() {
	found := item{Group: groupEngine, Name: "chromium", Need: needDemo}
	path, version, err := chromium.Find()
	if err != nil {
		found.Problem = err.Error()
	} else {
		found.There, found.Path, found.Version = true, path, version
	}
	d.Items = append(d.Items, found)
}

func (d *diagnosis) clients(ctx context.Context, in servers.Inspection) {
	d.Items = append(d.Items, item{Group: groupClient, Name: direct.NameNetHTTP, Need: needDemo, There: true, Version: runtime.Version()})
	found := item{Group: groupClient, Name: direct.NameCurl, Need: needDemo}
	if curl, err := direct.NewCurl(ctx, direct.Config{}); err != nil {
		found.Problem = err.Error()
	} else {
		found.There, found.Version = true, curl.Caller().Version
	}
	d.Items = append(d.Items, found)
	if i := slices.IndexFunc(in.Interpreters, func(c servers.Component) bool { return c.Name == "Node.js" }); i >= 0 {
		fetch := in.Interpreters[i]
		fetch.Name = direct.NameNode
		d.components(groupClient, []servers.Component{fetch})
	}
	d.components(groupClient, in.Clients)
}

// missing returns the names of what the demo needs and isn't there.
func (d *diagnosis) missing() []string {
	var names []string
	for _, i := range d.Items {
		if i.Need == needDemo && !i.There {
			names = append(names, i.Name)
		}
	}
	return names
}

func (d *diagnosis) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(d)
}

// write prints a line for each item, and under it what is wrong.
func (d *diagnosis) write(w io.Writer) error {
	var b strings.Builder
	var last group
	for _, i := range d.Items {
		if i.Group != last {
			fmt.Fprintf(&b, "%ss\n", i.Group)
			last = i.Group
		}
		state := "installed"
		switch {
		case !i.There && i.Need == needDemo:
			state = "MISSING"
		case !i.There:
			state = "missing"
		}
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  %-11s %-9s %-62s %s  %s", i.Name, state, i.For, i.Version, i.Path), " "))
		if i.Problem != "" {
			fmt.Fprintf(&b, "      %s\n", i.Problem)
		}
	}
	fmt.Fprintf(&b, "installed in %s\n", d.Cache)
	if d.Ready {
		b.WriteString("everything that the demo needs is installed\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

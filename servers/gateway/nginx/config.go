package nginx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// Adapter is the adapter of nginx, https://nginx.org.
var Adapter = adapter.Adapter{
	Kind: "nginx",
	Program: adapter.Program{
		Name: "nginx", Pinned: func(i *servers.Installed) string { return i.Nginx },
		VersionArg: "-v", Version: regexp.MustCompile(`nginx version: (\S+)`),
		Install: "on Debian and Ubuntu: apt-get install --no-install-recommends nginx-light",
	},
	Read: read, Recognize: recognize,
}

// recognize knows the page for a client that presents no certificate and has to:
// https://github.com/nginx/nginx/blob/master/src/http/ngx_http_special_response.c.
func recognize(status int, body string) target.Reason {
	if status == http.StatusBadRequest && strings.Contains(body, "No required SSL certificate was sent") {
		return target.ReasonNoClientCertificate
	}
	return target.ReasonUnknown
}

// advices are for what nginx says most when it doesn't start.
var advices = []adapter.Advice{
	{Line: regexp.MustCompile(`unknown directive "`), Text: "this nginx is older than the directive or lacks its module: give your nginx, as a path to its program or \"" + adapter.BinarySystem + "\""},
	{Line: regexp.MustCompile(`unknown "[a-zA-Z0-9_]+" variable`), Text: "if the file is a template, give the rendered file"},
	{Line: regexp.MustCompile(`invalid option: "e"`), Text: "this nginx is older than 1.19.5: give a newer one"},
	{Line: regexp.MustCompile(`\(13: Permission denied\)`), Text: "nginx runs as an unprivileged user during the check: let that user read the files that the config uses"},
}

// conf is an nginx config that was read, with all that it includes.
type conf struct {
	finder   adapter.Finder
	main     *adapter.Source
	sources  []*adapter.Source // in the order in which they are first read
	includes []include
	top      []*directive
	wrapped  bool         // the file has what stands within http, and no http
	from     adapter.From // where its nginx comes from
	notes    []adapter.Note
	syntax   []error // nothing else can be told of such a config
	problems []error

	within  []string          // paths of the files that are being read, each included by the one before
	files   int               // that were read
	bytes   int               // of these
	endless bool              // an include has no end
	outside map[string]string // folders for copies of files that aren't beside the config, by what is included
	texts   map[string][]byte // of files, by path, that are other than they are on the disk
}

// read reads a config. A file that has servers but no http block, as they
// are mounted into nginx's conf.d, gets one around it.
func read(file string, from adapter.From) (adapter.Config, error) {
	finder, err := adapter.NewFinder(file, "/etc/nginx", "/usr/local/nginx/conf", "/usr/local/etc/nginx", "/opt/nginx/conf")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(finder.Dir, filepath.Base(file))
	c := &conf{finder: finder, from: from}
	if c.main, err = adapter.ReadSource(file, path, "conf/"+filepath.Base(file)); err != nil {
		return nil, err
	}
	c.parse()
	return c, errors.Join(c.syntax...)
}

func (c *conf) parse() {
	c.parseMain(nil)
	if c.wrapped = c.needsHTTP(); c.wrapped {
		http := &directive{name: word{value: "http"}, open: true, source: c.main}
		c.parseMain(http)
		http.block, c.top = c.top, []*directive{http}
	}
}

func (c *conf) parseMain(parent *directive) {
	c.sources, c.includes, c.notes, c.syntax, c.problems = []*adapter.Source{c.main}, nil, nil, nil, nil
	c.within, c.files, c.bytes, c.endless, c.outside = []string{c.main.Path}, 1, len(c.main.Text), false, map[string]string{}
	p := &parser{source: c.main, include: c.include}
	var err error
	if c.top, err = p.file(parent); err != nil {
		c.syntax = append(c.syntax, err)
	}
}

// needsHTTP reports whether the file has servers outside of any http block.
func (c *conf) needsHTTP() bool {
	named := func(names ...string) bool {
		return slices.ContainsFunc(c.top, func(d *directive) bool { return slices.Contains(names, d.name.value) })
	}
	return named("server", "upstream", "map") && !named("http", "events", "stream", "mail")
}

// wrapper is what stands around a file that has no http block. The text is that
// of nginx's own default, as far as it changes what is answered.
func (c *conf) wrapper(p adapter.Place, inserted string) adapter.File {
	return adapter.File{Name: "conf/" + wrapper, Text: []byte("events {}\nhttp {" + inserted + "\n" + mimeTypes +
		"default_type application/octet-stream;\ninclude " + quote(filepath.Join(p.Dir, adapter.EscapeGlob(c.main.Copy))) + ";\n}\n")}
}

const wrapper = "corsproof-around.conf"

// Facts implements [adapter.Config].
func (c *conf) Facts() adapter.Facts {
	return adapter.Facts{Named: c.named(), Methods: c.listed("Access-Control-Allow-Methods"), Headers: c.listed("Access-Control-Allow-Headers"), Limits: c.limits(), Answers: c.answers(), ClientCertificates: c.clientCertificates()}
}

// Explain implements [adapter.Config].
func (c *conf) Explain(said string) string {
	if meant := mistyped(said); meant != "" {
		return said + "\n" + meant
	}
	return adapter.Advise(said, advices)
}

// Plan implements [adapter.Config].
func (c *conf) Plan(p adapter.Place) (*adapter.Plan, error) {
	r := &rewrite{conf: c, place: p, sockets: map[string]string{}, notes: slices.Clone(c.notes), problems: slices.Clone(c.problems)}
	r.run()
	if err := errors.Join(r.problems...); err != nil {
		return nil, err
	}
	if len(r.listeners) == 0 {
		return nil, fmt.Errorf("%s: no http block has a server: add one", c.main.Name)
	}
	out := &adapter.Plan{Dir: p.Dir, Copies: c.sources, Reads: r.reads, Notes: r.notes, Upstreams: r.upstreams, Hosts: r.hosts}
	for _, s := range c.sources {
		text, err := r.edits.Apply(s)
		if err != nil {
			return nil, err
		}
		out.Files = append(out.Files, adapter.File{Name: s.Copy, Text: text})
	}
	out.Files = append(out.Files, r.files...)
	main := c.main.Copy
	if c.wrapped {
		wrapper := c.wrapper(p, r.inserted)
		main = wrapper.Name
		out.Files = append(out.Files, wrapper)
		out.Substitutions = append(out.Substitutions, adapter.Substitution{
			What: adapter.WhatFile, File: c.main.Name, To: "included by a main file of ours, within " + string(wrapper.Text),
		})
	}
	out.Substitutions = append(out.Substitutions, r.edits.Substitutions(c.sources)...)
	out.Args = []string{"-p", p.Dir, "-e", "stderr", "-c", filepath.Join(p.Dir, main)}
	if len(r.globals) > 0 {
		globals := strings.Join(r.globals, " ")
		out.Args = append(out.Args, "-g", globals)
		out.Substitutions = append(out.Substitutions, adapter.Substitution{What: adapter.WhatProcess, File: "nginx -g", To: globals})
	}
	out.Listeners = func(ctx context.Context) ([]wire.EndpointListener, error) { return ready(ctx, r.listeners) }
	return out, nil
}

// ready is an error until every socket takes connections.
func ready(ctx context.Context, listeners []wire.EndpointListener) ([]wire.EndpointListener, error) {
	for _, l := range listeners {
		conn, err := new(net.Dialer).DialContext(ctx, l.Address.Network, l.Address.Address)
		if err != nil {
			return nil, err
		}
		conn.Close()
	}
	return slices.Clone(listeners), nil
}

// note adds a note about a directive.
func (r *rewrite) note(d *directive, format string, args ...any) {
	n := adapter.Note{File: d.source.Name, Line: d.source.Line(d.name.start), Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// problem adds what can't be run.
func (r *rewrite) problem(d *directive, format string, args ...any) {
	err := fmt.Errorf("%s: %s", d.at(), fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(r.problems, func(e error) bool { return e.Error() == err.Error() }) {
		r.problems = append(r.problems, err)
	}
}

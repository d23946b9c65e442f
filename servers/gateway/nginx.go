package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/wire"
)

// nginxCures are for what nginx says most when it doesn't start.
var nginxCures = []cure{
	{regexp.MustCompile(`unknown directive "`), "this nginx is older than the directive, or lacks the module that has it: give the one that you use, as a path to its program or \"" + BinarySystem + "\""},
	{regexp.MustCompile(`unknown "[a-zA-Z0-9_]+" variable`), "if the file is a template, whose variables are filled in before nginx reads it, give the filled-in file"},
	{regexp.MustCompile(`invalid option: "e"`), "this nginx is older than 1.19.5: give another"},
	{regexp.MustCompile(`\(13: Permission denied\)`), "nginx runs as an unprivileged user here: let it read what the config names"},
}

// nginxConf is an nginx config that was read, with all that it includes.
type nginxConf struct {
	finder   finder
	main     *source
	sources  []*source // in the order in which they are first read
	includes []nginxInclude
	top      []*nginxDirective
	wrapped  bool // the file has what stands within http, and no http
	pinned   bool // it is for the project's own nginx
	image    bool // it is for that of an image
	notes    []Note
	syntax   []error // nothing else can be told of such a config
	problems []error

	within  []string          // paths of the files that are being read, each included by the one before
	files   int               // that were read
	bytes   int               // of these
	endless bool              // an include has no end
	outside map[string]string // folders for copies of files that aren't beside the config, by what is included
	texts   map[string][]byte // of files, by path, that are other than they are on the disk
}

// readNginx reads a config. A file that has servers but no http block, as they
// are mounted into nginx's conf.d, gets one around it.
func readNginx(file string, cfg Config) (config, error) {
	finder, err := newFinder(file, "/etc/nginx", "/usr/local/nginx/conf", "/usr/local/etc/nginx", "/opt/nginx/conf")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(finder.dir, filepath.Base(file))
	c := &nginxConf{finder: finder, pinned: cfg.Binary == "" && cfg.Image == "", image: cfg.Image != ""}
	if c.main, err = readSource(file, path, "conf/"+filepath.Base(file)); err != nil {
		return nil, err
	}
	c.parse()
	return c, errors.Join(c.syntax...)
}

func (c *nginxConf) parse() {
	c.parseMain(nil)
	if c.wrapped = c.needsHTTP(); c.wrapped {
		http := &nginxDirective{name: nginxWord{value: "http"}, open: true, source: c.main}
		c.parseMain(http)
		http.block, c.top = c.top, []*nginxDirective{http}
	}
}

func (c *nginxConf) parseMain(parent *nginxDirective) {
	c.sources, c.includes, c.notes, c.syntax, c.problems = []*source{c.main}, nil, nil, nil, nil
	c.within, c.files, c.bytes, c.endless, c.outside = []string{c.main.path}, 1, len(c.main.text), false, map[string]string{}
	p := &nginxParser{source: c.main, include: c.include}
	var err error
	if c.top, err = p.file(parent); err != nil {
		c.syntax = append(c.syntax, err)
	}
}

// needsHTTP reports whether the file has servers outside of any http block.
func (c *nginxConf) needsHTTP() bool {
	named := func(names ...string) bool {
		return slices.ContainsFunc(c.top, func(d *nginxDirective) bool { return slices.Contains(names, d.name.value) })
	}
	return named("server", "upstream", "map") && !named("http", "events", "stream", "mail")
}

// wrapper is what stands around a file that has no http block. The text is that
// of nginx's own default, as far as it changes what is answered.
func (c *nginxConf) wrapper(p place, inserted string) planned {
	return planned{"conf/" + nginxWrapper, []byte("events {}\nhttp {" + inserted + "\n" + nginxMIMETypes +
		"default_type application/octet-stream;\ninclude " + nginxQuote(filepath.Join(p.dir, escapeGlob(c.main.copy))) + ";\n}\n")}
}

const nginxWrapper = "corsproof-around.conf"

func (c *nginxConf) plan(p place) (*plan, error) {
	r := &nginxRewrite{conf: c, place: p, sockets: map[string]string{}, notes: slices.Clone(c.notes), problems: slices.Clone(c.problems)}
	r.run()
	if err := errors.Join(r.problems...); err != nil {
		return nil, err
	}
	if len(r.listeners) == 0 {
		return nil, fmt.Errorf("%s: there is no server in an http block", c.main.name)
	}
	out := &plan{dir: p.dir, copies: c.sources, reads: r.reads, notes: r.notes, upstreams: r.upstreams, hosts: r.hosts}
	for _, s := range c.sources {
		text, err := r.edits.apply(s)
		if err != nil {
			return nil, err
		}
		out.files = append(out.files, planned{s.copy, text})
	}
	out.files = append(out.files, r.files...)
	main := c.main.copy
	if c.wrapped {
		wrapper := c.wrapper(p, r.inserted)
		main = wrapper.name
		out.files = append(out.files, wrapper)
		out.substitutions = append(out.substitutions, Substitution{
			What: WhatFile, File: c.main.name, To: "included by a main file of ours, within " + string(wrapper.text),
		})
	}
	out.substitutions = append(out.substitutions, r.edits.substitutions(c.sources)...)
	out.args = []string{"-p", p.dir, "-e", "stderr", "-c", filepath.Join(p.dir, main)}
	if len(r.globals) > 0 {
		globals := strings.Join(r.globals, " ")
		out.args = append(out.args, "-g", globals)
		out.substitutions = append(out.substitutions, Substitution{What: WhatProcess, File: "nginx -g", To: globals})
	}
	out.listeners = func(ctx context.Context) ([]wire.EndpointListener, error) { return nginxReady(ctx, r.listeners) }
	return out, nil
}

// nginxReady is an error until every socket takes connections.
func nginxReady(ctx context.Context, listeners []wire.EndpointListener) ([]wire.EndpointListener, error) {
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
func (r *nginxRewrite) note(d *nginxDirective, format string, args ...any) {
	n := Note{File: d.source.name, Line: d.source.line(d.name.start), Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// problem adds what can't be run.
func (r *nginxRewrite) problem(d *nginxDirective, format string, args ...any) {
	err := fmt.Errorf("%s: %s", d.at(), fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(r.problems, func(e error) bool { return e.Error() == err.Error() }) {
		r.problems = append(r.problems, err)
	}
}

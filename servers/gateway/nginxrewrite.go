package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/wire"
)

// An nginxRewrite finds the edits that make a config run at a place.
type nginxRewrite struct {
	conf  *nginxConf
	place place

	edits     edits
	files     []planned
	reads     []string // paths of what files are copies of
	notes     []Note
	problems  []error
	upstreams []string
	hosts     []string
	listeners []wire.EndpointListener
	sockets   map[string]string // by the address that is written
	globals   []string          // for nginx -g
	inserted  string            // into the http block
	caches    int
}

func (r *nginxRewrite) run() {
	for _, i := range r.conf.includes {
		r.replaceArg(WhatFile, i.directive, 0, filepath.Join(r.place.dir, i.to))
	}
	for _, g := range []struct{ name, value string }{{"daemon", "off"}, {"pid", filepath.Join(r.place.dir, "pid")}} {
		if !slices.ContainsFunc(r.conf.top, func(d *nginxDirective) bool { return d.name.value == g.name }) {
			r.globals = append(r.globals, g.name+" "+nginxQuote(g.value)+";")
		}
	}
	r.walk(r.conf.top)
}

// nginxRules say what to do about directives, by name.
var nginxRules map[string]func(*nginxRewrite, *nginxDirective)

func init() { // the rules reach the table again, through walk
	path := func(what What, file func(place) string) func(*nginxRewrite, *nginxDirective) {
		return func(r *nginxRewrite, d *nginxDirective) { r.replaceArg(what, d, 0, file(r.place)) }
	}
	in := func(name string) func(place) string {
		return func(p place) string { return filepath.Join(p.dir, name) }
	}
	nginxRules = map[string]func(*nginxRewrite, *nginxDirective){
		"http": (*nginxRewrite).http, "server": (*nginxRewrite).server, "upstream": (*nginxRewrite).upstream,
		"proxy_pass": (*nginxRewrite).proxyPass, "resolver": (*nginxRewrite).resolver,
		"proxy_http_version": (*nginxRewrite).proxyVersion,
		"error_page":         (*nginxRewrite).errorPages,
		"daemon":             func(r *nginxRewrite, d *nginxDirective) { r.replaceArg(WhatProcess, d, 0, "off") },
		"pid":                path(WhatProcess, in("pid")),
		"lock_file":          path(WhatProcess, in("lock")),
		"working_directory":  path(WhatProcess, in("")),
		"load_module":        (*nginxRewrite).loadModule,
		"error_log":          func(r *nginxRewrite, d *nginxDirective) { r.replaceArg(WhatLog, d, 0, "stderr") },
		"access_log":         (*nginxRewrite).accessLog,
		"proxy_bind":         func(r *nginxRewrite, d *nginxDirective) { r.replaceArgs(WhatUpstream, d, "off") },

		"ssl_certificate":         path(WhatCertificate, place.chain),
		"ssl_certificate_key":     path(WhatCertificate, place.key),
		"ssl_client_certificate":  path(WhatCertificate, place.ca),
		"ssl_trusted_certificate": path(WhatCertificate, place.ca),
		"ssl_password_file":       path(WhatCertificate, func(place) string { return os.DevNull }),
		"ssl_dhparam":             (*nginxRewrite).dhParam,
		"ssl_session_ticket_key":  (*nginxRewrite).ticketKey,
		"ssl_crl":                 (*nginxRewrite).drop, "ssl_stapling_file": (*nginxRewrite).drop, "ssl_ech_file": (*nginxRewrite).drop,
		"proxy_ssl_certificate":         path(WhatCertificate, place.chain),
		"proxy_ssl_certificate_key":     path(WhatCertificate, place.key),
		"proxy_ssl_trusted_certificate": path(WhatCertificate, place.ca),
		"proxy_ssl_password_file":       path(WhatCertificate, func(place) string { return os.DevNull }),
		"proxy_ssl_crl":                 (*nginxRewrite).drop,

		"auth_basic_user_file": (*nginxRewrite).file, "auth_jwt_key_file": (*nginxRewrite).file, "js_import": (*nginxRewrite).file,
		"allow": (*nginxRewrite).byAddress, "deny": (*nginxRewrite).byAddress,
		"if": (*nginxRewrite).byClient, "map": (*nginxRewrite).byClient, "geo": (*nginxRewrite).byClient,
	}
	for _, name := range nginxTempPaths {
		nginxRules[name] = func(r *nginxRewrite, d *nginxDirective) { // without levels: nginx wants one path to have the same everywhere
			r.replaceArgs(WhatFolder, d, nginxQuote(filepath.Join(r.place.dir, name)))
		}
	}
	for _, name := range []string{"proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path"} {
		nginxRules[name] = (*nginxRewrite).cachePath
	}
	for name, protocol := range map[string]string{
		"fastcgi_pass": "FastCGI", "grpc_pass": "gRPC", "uwsgi_pass": "uwsgi", "scgi_pass": "SCGI", "memcached_pass": "the memcached protocol",
	} {
		nginxRules[name] = func(r *nginxRewrite, d *nginxDirective) {
			r.problem(d, "%s speaks %s to its upstream, and the scripted upstream speaks HTTP alone: leave this location out of the config that is checked", name, protocol)
		}
	}
}

var nginxTempPaths = []string{"client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path"}

// nginxAddressVariables are other here than behind a port.
var nginxAddressVariables = regexp.MustCompile(`\$\{?(server_port|server_addr|remote_port|proxy_protocol_\w+)\b`)

func (r *nginxRewrite) walk(all []*nginxDirective) {
	for _, d := range all {
		if d.data() {
			continue
		}
		block := slices.Contains([]string{"http", "server", "upstream"}, d.name.value)
		if rule := nginxRules[d.name.value]; rule != nil && (len(d.args) > 0 || block && d.open) {
			rule(r, d)
		}
		for _, a := range d.args {
			if m := nginxAddressVariables.FindStringSubmatch(a.value); m != nil {
				r.note(d, "$%s is empty here, since nginx listens on a unix socket", m[1])
			}
		}
		r.walk(d.block)
	}
}

// replaceArg replaces one argument.
func (r *nginxRewrite) replaceArg(what What, d *nginxDirective, i int, to string) {
	r.edits.add(what, d.source, d.args[i].start, d.args[i].end, nginxQuote(to))
}

// replaceArgs replaces all arguments by a text.
func (r *nginxRewrite) replaceArgs(what What, d *nginxDirective, to string) {
	r.edits.add(what, d.source, d.args[0].start, d.args[len(d.args)-1].end, to)
}

// http says where nginx keeps temporary files and its log, where the config
// leaves that to what was compiled in.
func (r *nginxRewrite) http(d *nginxDirective) {
	var b strings.Builder
	for _, name := range nginxTempPaths {
		if d.has(name) == nil {
			fmt.Fprintf(&b, " %s %s;", name, nginxQuote(filepath.Join(r.place.dir, name)))
		}
	}
	if d.has("access_log") == nil {
		fmt.Fprintf(&b, " access_log %s;", nginxQuote(r.place.log()))
	}
	if r.conf.wrapped {
		r.inserted = b.String()
		return
	}
	r.edits.add(WhatFolder, d.source, d.end, d.end, b.String())
}

func (r *nginxRewrite) accessLog(d *nginxDirective) {
	if d.arg(0) != "off" {
		r.replaceArg(WhatLog, d, 0, r.place.log())
	}
}

func (r *nginxRewrite) cachePath(d *nginxDirective) {
	r.caches++
	r.replaceArg(WhatFolder, d, 0, filepath.Join(r.place.dir, fmt.Sprintf("cache-%d", r.caches)))
}

func (r *nginxRewrite) dhParam(d *nginxDirective) {
	text, err := fixtures.Files.ReadFile("gateways/ffdhe2048.pem")
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	r.extra("dhparam.pem", text)
	r.replaceArg(WhatCertificate, d, 0, filepath.Join(r.place.dir, "dhparam.pem"))
}

// ticketKey leads to a key of ours. Nothing is secret about it: it protects
// sessions between this machine and itself.
func (r *nginxRewrite) ticketKey(d *nginxDirective) {
	r.extra("ticket.key", []byte(strings.Repeat("corsproof.", 8)))
	r.replaceArg(WhatCertificate, d, 0, filepath.Join(r.place.dir, "ticket.key"))
}

// extra adds a file, once.
func (r *nginxRewrite) extra(name string, text []byte) {
	if !slices.ContainsFunc(r.files, func(f planned) bool { return f.name == name }) {
		r.files = append(r.files, planned{name, text})
	}
}

// drop takes out what belongs to a certificate that isn't here.
func (r *nginxRewrite) drop(d *nginxDirective) {
	r.edits.add(WhatCertificate, d.source, d.name.start, d.end+1, "")
}

// file copies a file that a directive names and nginx reads.
func (r *nginxRewrite) file(d *nginxDirective) {
	i := len(d.args) - 1
	name := d.arg(i)
	if strings.Contains(name, "$") || name == "off" {
		return
	}
	if j := slices.IndexFunc(d.args, func(a nginxWord) bool { return a.value == "from" }); d.name.value == "js_import" && j >= 0 && j+1 < len(d.args) {
		i, name = j+1, d.arg(j+1)
	}
	path, ok := r.conf.finder.find(name)
	if !ok {
		r.note(d, "%s %s: there is no such file; looked for %s", d.name.value, name, r.conf.looked(name))
		return
	}
	text, err := readRegular(r.conf.finder.name(path), path)
	if err != nil {
		r.problem(d, "%s: %v", d.name.value, err)
		return
	}
	copy := copyOf(path, &r.reads)
	r.extra(copy, text)
	r.replaceArg(WhatFile, d, i, filepath.Join(r.place.dir, copy))
}

// nginxModuleFolders are where distributions keep modules.
var nginxModuleFolders = []string{"/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules", "/usr/local/nginx/modules"}

func (r *nginxRewrite) loadModule(d *nginxDirective) {
	name := d.arg(0)
	if r.conf.pinned {
		r.problem(d, "load_module %s: corsproof's own nginx loads no modules: give the nginx that you use, as a path to its program or %q", name, BinarySystem)
		return
	}
	if r.conf.image {
		if !filepath.IsAbs(name) { // to nginx's prefix, which is another here
			r.replaceArg(WhatFile, d, 0, filepath.Join(nginxModuleFolders[0], filepath.Base(name)))
		}
		return
	}
	if filepath.IsAbs(name) {
		if _, err := os.Stat(name); err != nil {
			r.problem(d, "load_module: %v", err)
		}
		return
	}
	for _, folder := range nginxModuleFolders {
		path := filepath.Join(folder, filepath.Base(name))
		if _, err := os.Stat(path); err == nil {
			r.replaceArg(WhatFile, d, 0, path)
			return
		}
	}
	r.problem(d, "load_module %s: there is no such module in %s: install it, or leave it out of the config that is checked", name, strings.Join(nginxModuleFolders, ", "))
}

func (r *nginxRewrite) byAddress(d *nginxDirective) {
	if a := d.arg(0); a != "all" && a != "unix:" && len(d.args) == 1 {
		r.note(d, "%s %s never matches here: all clients come through a unix socket", d.name.value, a)
	}
}

// nginxClient is a variable that has the client's address.
var nginxClient = regexp.MustCompile(`\$\{?(binary_|realip_)?remote_addr\b`)

// byClient notes what depends on the client's address, as a geo does that names no
// variable.
func (r *nginxRewrite) byClient(d *nginxDirective) {
	if nginxClient.MatchString(d.arg(0)) || nginxClient.MatchString(d.arg(1)) || d.name.value == "geo" && len(d.args) == 1 {
		r.note(d, "%s depends on the client's address, which is \"unix:\" here: all clients come through a unix socket", d.name.value)
	}
}

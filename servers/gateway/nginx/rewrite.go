package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A rewrite finds the edits that make a config run at a place.
type rewrite struct {
	conf  *conf
	place adapter.Place

	edits     adapter.Edits
	files     []adapter.File
	reads     []string // paths of what files are copies of
	notes     []adapter.Note
	problems  []error
	upstreams []string
	hosts     []string
	listeners []wire.EndpointListener
	sockets   map[string]string // by the address that is written
	globals   []string          // for nginx -g
	inserted  string            // into the http block
	caches    int
	zones     []*directive // that count requests or connections
}

func (r *rewrite) run() {
	for _, i := range r.conf.includes {
		r.replaceArg(adapter.WhatFile, i.directive, 0, filepath.Join(r.place.Dir, i.to))
	}
	for _, g := range []struct{ name, value string }{{"daemon", "off"}, {"pid", filepath.Join(r.place.Dir, "pid")}} {
		if !slices.ContainsFunc(r.conf.top, func(d *directive) bool { return d.name.value == g.name }) {
			r.globals = append(r.globals, g.name+" "+quote(g.value)+";")
		}
	}
	r.walk(r.conf.top)
}

// rules say what to do about directives, by name.
var rules map[string]func(*rewrite, *directive)

func init() { // the rules reach the table again, through walk
	path := func(what adapter.What, file func(adapter.Place) string) func(*rewrite, *directive) {
		return func(r *rewrite, d *directive) { r.replaceArg(what, d, 0, file(r.place)) }
	}
	in := func(name string) func(adapter.Place) string {
		return func(p adapter.Place) string { return filepath.Join(p.Dir, name) }
	}
	rules = map[string]func(*rewrite, *directive){
		"http": (*rewrite).http, "server": (*rewrite).server, "upstream": (*rewrite).upstream,
		"proxy_pass": (*rewrite).proxyPass, "resolver": (*rewrite).resolver,
		"proxy_http_version": (*rewrite).proxyVersion,
		"error_page":         (*rewrite).errorPages,
		"limit_req_zone":     (*rewrite).limitZone, "limit_conn_zone": (*rewrite).limitZone,
		"daemon":            func(r *rewrite, d *directive) { r.replaceArg(adapter.WhatProcess, d, 0, "off") },
		"pid":               path(adapter.WhatProcess, in("pid")),
		"lock_file":         path(adapter.WhatProcess, in("lock")),
		"working_directory": path(adapter.WhatProcess, in("")),
		"load_module":       (*rewrite).loadModule,
		"error_log":         func(r *rewrite, d *directive) { r.replaceArg(adapter.WhatLog, d, 0, "stderr") },
		"access_log":        (*rewrite).accessLog,
		"proxy_bind":        func(r *rewrite, d *directive) { r.replaceArgs(adapter.WhatUpstream, d, "off") },

		"ssl_certificate":         path(adapter.WhatCertificate, adapter.Place.Chain),
		"ssl_certificate_key":     path(adapter.WhatCertificate, adapter.Place.Key),
		"ssl_client_certificate":  path(adapter.WhatCertificate, adapter.Place.CA),
		"ssl_trusted_certificate": path(adapter.WhatCertificate, adapter.Place.CA),
		"ssl_password_file":       path(adapter.WhatCertificate, func(adapter.Place) string { return os.DevNull }),
		"ssl_dhparam":             (*rewrite).dhParam,
		"ssl_session_ticket_key":  (*rewrite).ticketKey,
		"ssl_crl":                 (*rewrite).drop, "ssl_stapling_file": (*rewrite).drop, "ssl_ech_file": (*rewrite).drop,
		"proxy_ssl_certificate":         path(adapter.WhatCertificate, adapter.Place.Chain),
		"proxy_ssl_certificate_key":     path(adapter.WhatCertificate, adapter.Place.Key),
		"proxy_ssl_trusted_certificate": path(adapter.WhatCertificate, adapter.Place.CA),
		"proxy_ssl_password_file":       path(adapter.WhatCertificate, func(adapter.Place) string { return os.DevNull }),
		"proxy_ssl_crl":                 (*rewrite).drop,

		"auth_basic_user_file": (*rewrite).file, "auth_jwt_key_file": (*rewrite).file, "js_import": (*rewrite).file,
		"allow": (*rewrite).byAddress, "deny": (*rewrite).byAddress,
		"if": (*rewrite).byClient, "map": (*rewrite).byClient, "geo": (*rewrite).byClient,
	}
	for _, name := range tempPaths {
		rules[name] = func(r *rewrite, d *directive) { // without levels: nginx wants one path to have the same everywhere
			r.replaceArgs(adapter.WhatFolder, d, quote(filepath.Join(r.place.Dir, name)))
		}
	}
	for _, name := range []string{"proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path"} {
		rules[name] = (*rewrite).cachePath
	}
	for name, protocol := range map[string]string{
		"fastcgi_pass": "FastCGI", "grpc_pass": "gRPC", "uwsgi_pass": "uwsgi", "scgi_pass": "SCGI", "memcached_pass": "the memcached protocol",
	} {
		rules[name] = func(r *rewrite, d *directive) {
			r.problem(d, "%s speaks %s to its upstream, and the scripted upstream speaks only HTTP: remove this location from the config for the check", name, protocol)
		}
	}
}

var tempPaths = []string{"client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path"}

// addressVariables are other here than behind a port.
var addressVariables = regexp.MustCompile(`\$\{?(server_port|server_addr|remote_port|proxy_protocol_\w+)\b`)

// queryVariables have what a query says; cases have a query of their own alone.
var queryVariables = regexp.MustCompile(`\$\{?(arg_[A-Za-z0-9_]+|args\b|query_string\b)`)

func (r *rewrite) walk(all []*directive) {
	for _, d := range all {
		if d.data() {
			continue
		}
		block := slices.Contains([]string{"http", "server", "upstream"}, d.name.value)
		if rule := rules[d.name.value]; rule != nil && (len(d.args) > 0 || block && d.open) {
			rule(r, d)
		}
		for _, a := range d.args {
			if m := addressVariables.FindStringSubmatch(a.value); m != nil {
				r.note(d, "$%s is empty during the check, since nginx listens on a unix socket", m[1])
			}
			for _, m := range queryVariables.FindAllStringSubmatch(a.value, -1) {
				if decides := d.name.value == "if" || d.name.value == "map"; !decides && !strings.HasPrefix(m[1], "arg_") || strings.Contains(d.name.value, "log") {
					continue // it is handed on
				}
				r.note(d, "not tested: the config reads $%s, but cases send it only if a route's sample in the policy has a query with it", m[1])
			}
		}
		r.walk(d.block)
	}
}

// replaceArg replaces one argument.
func (r *rewrite) replaceArg(what adapter.What, d *directive, i int, to string) {
	r.edits.Add(what, d.source, d.args[i].start, d.args[i].end, quote(to))
}

// replaceArgs replaces all arguments by a text.
func (r *rewrite) replaceArgs(what adapter.What, d *directive, to string) {
	r.edits.Add(what, d.source, d.args[0].start, d.args[len(d.args)-1].end, to)
}

// http says where nginx keeps temporary files and its log, where the config
// leaves that to what was compiled in.
func (r *rewrite) http(d *directive) {
	var b strings.Builder
	for _, name := range tempPaths {
		if d.has(name) == nil {
			fmt.Fprintf(&b, " %s %s;", name, quote(filepath.Join(r.place.Dir, name)))
		}
	}
	if d.has("access_log") == nil {
		fmt.Fprintf(&b, " access_log %s;", quote(r.place.Log()))
	}
	r.limits(d, &b)
	if r.conf.wrapped {
		r.inserted = b.String()
		return
	}
	r.edits.Add(adapter.WhatFolder, d.source, d.end, d.end, b.String())
}

func (r *rewrite) accessLog(d *directive) {
	if d.arg(0) != "off" {
		r.replaceArg(adapter.WhatLog, d, 0, r.place.Log())
	}
}

func (r *rewrite) cachePath(d *directive) {
	r.caches++
	r.replaceArg(adapter.WhatFolder, d, 0, filepath.Join(r.place.Dir, fmt.Sprintf("cache-%d", r.caches)))
}

func (r *rewrite) dhParam(d *directive) {
	text, err := fixtures.Files.ReadFile("gateways/ffdhe2048.pem")
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	r.extra("dhparam.pem", text)
	r.replaceArg(adapter.WhatCertificate, d, 0, filepath.Join(r.place.Dir, "dhparam.pem"))
}

// ticketKey leads to a key of ours. Nothing is secret about it: it protects
// sessions between this machine and itself.
func (r *rewrite) ticketKey(d *directive) {
	r.extra("ticket.key", []byte(strings.Repeat("corsproof.", 8)))
	r.replaceArg(adapter.WhatCertificate, d, 0, filepath.Join(r.place.Dir, "ticket.key"))
}

// extra adds a file, once.
func (r *rewrite) extra(name string, text []byte) {
	if !slices.ContainsFunc(r.files, func(f adapter.File) bool { return f.Name == name }) {
		r.files = append(r.files, adapter.File{Name: name, Text: text})
	}
}

// drop takes out what belongs to a certificate that isn't here.
func (r *rewrite) drop(d *directive) {
	r.edits.Add(adapter.WhatCertificate, d.source, d.name.start, d.end+1, "")
}

// file copies a file that a directive names and nginx reads.
func (r *rewrite) file(d *directive) {
	i := len(d.args) - 1
	name := d.arg(i)
	if strings.Contains(name, "$") || name == "off" {
		return
	}
	if j := slices.IndexFunc(d.args, func(a word) bool { return a.value == "from" }); d.name.value == "js_import" && j >= 0 && j+1 < len(d.args) {
		i, name = j+1, d.arg(j+1)
	}
	path, ok := r.conf.finder.Find(name)
	if !ok {
		r.note(d, "%s %s: no such file; looked for %s", d.name.value, name, r.conf.looked(name))
		return
	}
	text, err := adapter.ReadRegular(r.conf.finder.Name(path), path)
	if err != nil {
		r.problem(d, "%s: %v", d.name.value, err)
		return
	}
	copy := adapter.CopyOf(path, &r.reads)
	r.extra(copy, text)
	r.replaceArg(adapter.WhatFile, d, i, filepath.Join(r.place.Dir, copy))
}

// moduleFolders are where distributions keep modules.
var moduleFolders = []string{"/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules", "/usr/local/nginx/modules"}

func (r *rewrite) loadModule(d *directive) {
	name := d.arg(0)
	if r.conf.from == adapter.FromSetup {
		r.problem(d, "load_module %s: the nginx that corsproof installs cannot load modules: give your nginx, as a path to its program or %q", name, adapter.BinarySystem)
		return
	}
	if r.conf.from == adapter.FromImage {
		if !filepath.IsAbs(name) { // to nginx's prefix, which is another here
			r.replaceArg(adapter.WhatFile, d, 0, filepath.Join(moduleFolders[0], filepath.Base(name)))
		}
		return
	}
	if filepath.IsAbs(name) {
		if _, err := os.Stat(name); err != nil {
			r.problem(d, "load_module: %v", err)
		}
		return
	}
	for _, folder := range moduleFolders {
		path := filepath.Join(folder, filepath.Base(name))
		if _, err := os.Stat(path); err == nil {
			r.replaceArg(adapter.WhatFile, d, 0, path)
			return
		}
	}
	r.problem(d, "load_module %s: no such module in %s: install it, or remove the line from the config for the check", name, strings.Join(moduleFolders, ", "))
}

func (r *rewrite) byAddress(d *directive) {
	if a := d.arg(0); a != "all" && a != "unix:" && len(d.args) == 1 {
		r.note(d, "%s %s never matches during the check: all clients connect through a unix socket", d.name.value, a)
	}
}

// client is a variable that has the client's address.
var client = regexp.MustCompile(`\$\{?(binary_|realip_)?remote_addr\b`)

// byClient notes what depends on the client's address, as a geo does that names no
// variable.
func (r *rewrite) byClient(d *directive) {
	if client.MatchString(d.arg(0)) || client.MatchString(d.arg(1)) || d.name.value == "geo" && len(d.args) == 1 {
		r.note(d, "%s depends on the client's address, which is \"unix:\" during the check: all clients connect through a unix socket", d.name.value)
	}
}

package nginx

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// upstream leads the servers of a group to ours. Several of them count failures
// and leave one out that fails too often: ours fails when a case asks for it.
func (r *rewrite) upstream(d *directive) {
	name := d.arg(0)
	r.upstreams = append(r.upstreams, name)
	to := r.place.Upstream.For(name).Plain.String()
	var servers []*directive
	for _, c := range d.block {
		if c.name.value == "server" && len(c.args) > 0 {
			servers = append(servers, c)
		}
	}
	for _, c := range servers {
		r.replaceArg(adapter.WhatUpstream, c, 0, to)
		counts := false
		for _, a := range c.args[1:] {
			switch {
			case a.value == "resolve", strings.HasPrefix(a.value, "service="):
				r.edits.Add(adapter.WhatUpstream, c.source, a.start, a.end, "")
			case strings.HasPrefix(a.value, "max_fails="):
				counts = true
				r.edits.Add(adapter.WhatHealth, c.source, a.start, a.end, "max_fails=0")
			}
		}
		if !counts && len(servers) > 1 {
			r.edits.Add(adapter.WhatHealth, c.source, c.args[0].end, c.args[0].end, " max_fails=0")
		}
	}
}

// isGroup reports whether a directive that names an upstream means a block of that name.
func (r *rewrite) isGroup(of *directive, name string) bool {
	found := false
	each(r.conf.top, func(d *directive) {
		is := d.name.value == "upstream" && d.open && strings.EqualFold(d.arg(0), name)
		found = found || is && d.within("stream") == of.within("stream")
	})
	return found
}

// each visits every directive.
func each(all []*directive, visit func(*directive)) {
	for _, d := range all {
		visit(d)
		each(d.block, visit)
	}
}

// proxyPass leads a proxy_pass to ours, unless it leads to a group.
func (r *rewrite) proxyPass(d *directive) {
	if d.within("stream") {
		if !r.isGroup(d, d.arg(0)) {
			r.upstreams = append(r.upstreams, d.arg(0))
			r.replaceArg(adapter.WhatUpstream, d, 0, r.place.Upstream.For(d.arg(0)).Plain.String())
		}
		return
	}
	r.url(d, d.args[0], map[string]bool{})
}

// proxyVersion leaves upstreams HTTP/1.1: they are called in the clear, and ours speaks
// HTTP/2 through TLS alone.
func (r *rewrite) proxyVersion(d *directive) {
	if d.arg(0) == "2" {
		r.replaceArg(adapter.WhatUpstream, d, 0, "1.1")
	}
}

// url leads the URL in a word to ours; a variable with the whole of it is
// followed to where it is set. seen are the variables that led here.
func (r *rewrite) url(d *directive, w word, seen map[string]bool) {
	start, end := w.start, w.end
	if w.quoted {
		start, end = start+1, end-1
	}
	raw := string(d.source.Text[start:end])
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		r.variable(d, raw, seen)
		return
	}
	authority := nginxAuthority(rest)
	uri := rest[len(authority):]
	name := strings.TrimSuffix(r.expand(authority), ":")
	to := "http://" + authority
	if !r.isGroup(d, name) {
		r.upstreams = append(r.upstreams, name)
		plain := r.place.Upstream.For(name).Plain
		if auth := r.place.Upstream.Auth; auth != (wire.Address{}) && r.isAuth(d) {
			plain = auth
		}
		if to = "http://" + plain.String(); plain.Network == "unix" && uri != "" {
			to += ":"
		}
	}
	// What has a variable replaces the request's URI as a whole; without one it
	// would replace the location's part alone.
	if uri != "" && strings.Contains(scheme+authority, "$") && !strings.Contains(uri+to, "$") {
		to += "$arg_" + emptyArg
	}
	r.edits.Add(adapter.WhatUpstream, d.source, start, start+len(scheme)+len("://")+len(authority), to)
}

// isAuth reports whether a proxy_pass asks a service whether a request may pass: its
// location is one that an auth_request names,
// https://nginx.org/en/docs/http/ngx_http_auth_request_module.html.
func (r *rewrite) isAuth(d *directive) bool {
	found := false
	each(r.conf.top, func(o *directive) {
		if o.data() || o.name.value != "auth_request" || o.arg(0) == "off" {
			return
		}
		for at := d.parent; at != nil; at = at.parent {
			found = found || at.name.value == "location" && len(at.args) > 0 && at.arg(len(at.args)-1) == o.arg(0)
		}
	})
	return found
}

// emptyArg is the name of a query parameter that no request has.
const emptyArg = "corsproof_none"

// nginxAuthority returns the part of a URL, without its scheme, that says where
// it leads. Variables that hold a request's URI are not part of it.
func nginxAuthority(rest string) string {
	if strings.HasPrefix(rest, "unix:") {
		if i := strings.IndexByte(rest[len("unix:"):], ':'); i >= 0 {
			return rest[:len("unix:")+i+1]
		}
		return rest
	}
	end := len(rest)
	cut := func(i int) {
		if i >= 0 {
			end = min(end, i)
		}
	}
	cut(strings.IndexAny(rest, "/?#"))
	for _, name := range []string{"request_uri", "uri", "document_uri", "is_args", "args", "query_string"} {
		cut(strings.Index(rest, "$"+name))
		cut(strings.Index(rest, "${"+name+"}"))
	}
	return rest[:end]
}

// expand returns a text with the variables in it that are set in one place alone,
// to a text without variables.
func (r *rewrite) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		var values []string
		each(r.conf.top, func(d *directive) {
			if d.name.value == "set" && len(d.args) == 2 && d.arg(0) == "$"+strings.Trim(v, "${}") {
				values = append(values, d.arg(1))
			}
		})
		if len(values) == 1 && !strings.Contains(values[0], "$") {
			return values[0]
		}
		return v
	})
}

var variable = regexp.MustCompile(`\$(\w+|\{\w+\})`)

// variable follows a variable that holds a whole URL to where it is set.
func (r *rewrite) variable(d *directive, raw string, seen map[string]bool) {
	at := variable.FindStringIndex(raw)
	if at == nil || at[0] != 0 {
		r.problem(d, "proxy_pass %s: not a URL: write it with http://", raw)
		return
	}
	name := strings.Trim(raw[:at[1]], "${}")
	if seen[name] {
		return
	}
	seen[name] = true
	set := false
	each(r.conf.top, func(def *directive) {
		switch {
		case def.name.value == "set" && def.arg(0) == "$"+name && len(def.args) == 2:
			set = true
			r.url(def, def.args[1], seen)
		case slices.Contains([]string{"map", "geo", "split_clients"}, def.name.value) && def.open && len(def.args) > 0 && def.args[len(def.args)-1].value == "$"+name:
			set = true
			for _, entry := range def.block {
				if entry.name.value != "include" && len(entry.args) == 1 && entry.arg(0) != "" {
					r.url(entry, entry.args[0], seen)
				}
			}
		}
	})
	if !set {
		r.problem(d, "proxy_pass $%s: its value is known only to nginx: assign it a URL with http:// by set or map", name)
	}
}

// resolver makes a resolver that has a name an address: nothing is resolved here,
// and nginx would not start if it couldn't resolve the resolver.
func (r *rewrite) resolver(d *directive) {
	for i, a := range d.args {
		host := a.value
		if _, err := netip.ParseAddrPort(host); err == nil || strings.Contains(host, "=") || strings.HasPrefix(host, "[") {
			continue
		}
		if _, err := netip.ParseAddr(host); err != nil {
			r.replaceArg(adapter.WhatUpstream, d, i, "127.0.0.1")
		}
	}
}

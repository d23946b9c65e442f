package envoy

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A rewrite finds the edits that make a bootstrap run at a place.
type rewrite struct {
	conf  *conf
	f     *yamlFile
	place adapter.Place

	edits     adapter.Edits
	files     []adapter.File
	reads     []string // paths of what files are copies of
	notes     []adapter.Note
	problems  []problem
	upstreams []string
	hosts     []string
	listeners []listener
	sockets   int
	uses      map[string]envoyUse // by cluster
}

// null unsets a field.
const null = "null"

func (r *rewrite) run() {
	for _, e := range r.f.fields(r.f.root) {
		switch yamlKey(e) {
		case "dynamic_resources":
			if len(r.f.fields(e.Value)) > 0 {
				r.problem(e, "fetched configuration (LDS, CDS, ADS) is not supported: give a config with all listeners and clusters in static_resources, as shown by /config_dump")
			}
		case "hds_config", "config_sources", "default_config_source", "xds_delegate_extension":
			r.problem(e, "%s fetches configuration, which is not supported: remove it from the config for the check", yamlKey(e))
		case "stats_sinks":
			r.replace(adapter.WhatLog, e, null) // some sinks call an address, not a cluster
			r.note(e, "the check drops statistics")
		}
	}
	r.uses = r.clusterUses()
	static := r.f.value(r.f.root, "static_resources")
	for _, l := range r.f.items(r.f.value(static, "listeners")) {
		r.listener(l)
	}
	for _, c := range r.f.items(r.f.value(static, "clusters")) {
		r.cluster(c)
	}
	r.walk(r.f.root, "")
}

// walk applies the rules for fields that may stand anywhere. parent is the name
// of the field that n is the value of.
func (r *rewrite) walk(n ast.Node, parent string) {
	switch n.(type) {
	case *ast.AliasNode:
		return // its anchor is visited
	}
	for _, item := range r.f.items(n) {
		r.walk(item, parent)
	}
	for _, e := range r.f.fields(n) {
		switch key := yamlKey(e); key {
		case "stats_sinks":
			if parent == "" {
				continue // it is gone
			}
		case "certificate_chain":
			r.dataSource(e, r.place.Chain())
			continue
		case "private_key":
			r.dataSource(e, r.place.Key())
			continue
		case "trusted_ca":
			r.dataSource(e, r.place.CA())
			continue
		case "crl", "ocsp_staple", "verify_certificate_hash", "verify_certificate_spki":
			r.replace(adapter.WhatCertificate, e, null) // of certificates that are not here
			continue
		case "password":
			if parent == "tls_certificates" || parent == "tls_certificate" {
				r.replace(adapter.WhatCertificate, e, null)
				continue
			}
		case "pkcs12":
			r.problem(e, "PKCS #12 certificates are not supported: use certificate_chain and private_key")
		case "sds_config":
			r.problem(e, "secrets fetched by SDS are not supported: put it into static_resources.secrets, or write tls_certificates instead")
		case "rds", "scoped_routes":
			if key == "rds" || r.f.field(e.Value, "scoped_rds") != nil {
				r.problem(e, "routes fetched by %s are not supported: write route_config instead, as shown by /config_dump", strings.ToUpper(key))
			}
		case "config_discovery":
			r.problem(e, "filters fetched by ECDS are not supported: write its typed_config")
		case "filename":
			r.filename(e)
		case "access_log_path":
			r.replace(adapter.WhatLog, e, strconv.Quote(r.place.Log()))
		case "path":
			if strings.HasSuffix(r.f.text(n, "@type"), ".FileAccessLog") {
				r.replace(adapter.WhatLog, e, strconv.Quote(r.place.Log()))
			}
		default:
			r.byAddress(e, parent)
		}
		r.walk(e.Value, yamlKey(e))
	}
}

// replace replaces the value of a field. One that begins on a line of its own
// gives way to one behind the field's name: a scalar may not stand as far to the
// left as a sequence may.
func (r *rewrite) replace(what adapter.What, e *ast.MappingValueNode, to string) {
	start, end, err := r.f.span(e.Value)
	if err != nil {
		r.problems = append(r.problems, problem{r.f.source.Line(start), err})
		return
	}
	if colon := r.f.offset(e.Start); r.f.source.Line(start) > r.f.source.Line(colon) {
		start, to = colon+1, " "+to
	}
	r.edits.Add(what, r.f.source, start, end, to)
}

// set replaces the value that path leads to, if there is one.
func (r *rewrite) set(what adapter.What, n ast.Node, to string, path ...string) {
	if e := r.f.field(n, path...); e != nil {
		r.replace(what, e, to)
	}
}

// dataSource leads a certificate, a key or a CA to a file of ours.
func (r *rewrite) dataSource(e *ast.MappingValueNode, path string) {
	if name := r.f.field(e.Value, "filename"); name != nil {
		r.replace(adapter.WhatCertificate, name, strconv.Quote(path))
		return
	}
	r.replace(adapter.WhatCertificate, e, "{filename: "+strconv.Quote(path)+"}")
}

// filename copies a file that Envoy reads.
func (r *rewrite) filename(e *ast.MappingValueNode) {
	name := r.f.text(e.Value)
	path, ok := r.conf.finder.Find(name)
	if !ok {
		var looked []string
		for _, c := range r.conf.finder.Candidates(name) {
			looked = append(looked, r.conf.finder.Name(c))
		}
		r.problem(e, "filename %s: no such file; looked for %s; put the file there", name, strings.Join(looked, ", "))
		return
	}
	text, err := adapter.ReadRegular(r.conf.finder.Name(path), path)
	if err != nil {
		r.problem(e, "%v", err)
		return
	}
	copy := adapter.CopyOf(path, &r.reads)
	if !slices.ContainsFunc(r.files, func(f adapter.File) bool { return f.Name == copy }) {
		r.files = append(r.files, adapter.File{Name: copy, Text: text})
	}
	r.replace(adapter.WhatFile, e, strconv.Quote(filepath.Join(r.place.Dir, copy)))
}

// address leads an address, the value of a field, elsewhere: by its scalars where
// it stays what it is, else as a whole.
func (r *rewrite) address(what adapter.What, e *ast.MappingValueNode, to wire.Address) {
	if to.Network == "unix" {
		if path := r.f.field(e.Value, "pipe", "path"); path != nil {
			r.replace(what, path, strconv.Quote(to.Address))
			return
		}
		r.replace(what, e, "{pipe: {path: "+strconv.Quote(to.Address)+"}}")
		return
	}
	i := strings.LastIndexByte(to.Address, ':')
	host, port := strings.Trim(to.Address[:i], "[]"), to.Address[i+1:]
	socket := r.f.value(e.Value, "socket_address")
	if r.f.field(socket, "address") == nil || r.f.field(socket, "port_value") == nil {
		r.replace(what, e, fmt.Sprintf("{socket_address: {address: %s, port_value: %s}}", strconv.Quote(host), port))
		return
	}
	r.set(what, socket, strconv.Quote(host), "address")
	r.set(what, socket, port, "port_value")
	r.set(what, socket, "false", "ipv4_compat")
}

// note adds a note about a field.
func (r *rewrite) note(e *ast.MappingValueNode, format string, args ...any) {
	n := adapter.Note{File: r.f.source.Name, Line: e.Key.GetToken().Position.Line, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// A problem is what can't be run, on its line.
type problem struct {
	line int
	err  error
}

// problem adds what can't be run.
func (r *rewrite) problem(e *ast.MappingValueNode, format string, args ...any) {
	line := e.Key.GetToken().Position.Line
	r.problems = append(r.problems, problem{line, fmt.Errorf("%s:%d: %s", r.f.source.Name, line, fmt.Sprintf(format, args...))})
}

// err returns all problems in the order of their lines.
func (r *rewrite) err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int { return a.line - b.line })
	var all []error
	for _, p := range r.problems {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

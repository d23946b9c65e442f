package nginx

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// page is what stands in for the page of an error_page that isn't here.
const page = "corsproof: the page of an error, which isn't here\n"

// errorPages puts a page in the place of each that an error_page leads to and that
// isn't here: nginx would answer 404 in its place, and no case about the error
// would see one.
func (r *rewrite) errorPages(d *directive) {
	if len(d.args) < 2 || !strings.HasPrefix(d.arg(len(d.args)-1), "/") {
		return
	}
	uri, _, _ := strings.Cut(d.arg(len(d.args)-1), "?")
	if strings.Contains(uri, "$") || path.Clean(uri) != uri || uri == "/" {
		return // it is no name of one file
	}
	each(r.conf.top, func(server *directive) {
		if server.name.value == "server" && server.open && server.in("http") && (server == d.parent || within(d, server) || within(server, d.parent)) {
			r.page(d, server, uri)
		}
	})
}

// within reports whether a directive stands in a block, at whatever depth.
func within(d, block *directive) bool {
	for p := d.parent; p != nil; p = p.parent {
		if p == block {
			return true
		}
	}
	return false
}

// page puts a page where a server looks for one, if there is none.
func (r *rewrite) page(d, server *directive, uri string) {
	location, _, _ := located(server, uri)
	if location == nil {
		location = server
	}
	for _, answers := range []string{"proxy_pass", "return", "rewrite", "try_files"} {
		if location.has(answers) != nil {
			return
		}
	}
	folder := nginxFolder(location)
	if folder == nil { // nginx's own, html below its prefix, which is the place's folder here
		r.stand(filepath.Join("html", uri))
		r.note(d, "%s is a placeholder page during the check: nginx's default folder html is missing", uri)
		return
	}
	name := folder.arg(0)
	file := filepath.Join(name, uri)
	if folder.name.value == "alias" {
		_, text, _ := nginxLocation(location)
		file = name + strings.TrimPrefix(uri, text)
	}
	if _, err := os.Stat(file); err == nil && filepath.IsAbs(name) {
		return
	}
	if strings.Contains(name, "$") {
		r.note(folder, "%s %s: the error page of %s may be missing: then its errors have status 404 during the check", folder.name.value, name, d.at())
		return
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() && filepath.IsAbs(name) { // what else is in it stays
		r.note(folder, "%s is missing in %s: its errors (%s) have status 404 during the check", uri, name, d.at())
		return
	}
	r.note(folder, "%s %s is missing: during the check it contains only a placeholder error page (%s)", folder.name.value, name, d.at())
	stand := fmt.Sprintf("pages-%d", folder.source.Line(folder.name.start))
	if i := slices.Index(r.conf.sources, folder.source); i > 0 {
		stand += fmt.Sprintf("-%d", i)
	}
	if folder.name.value == "alias" {
		_, text, _ := nginxLocation(location)
		rest := strings.TrimPrefix(uri, text)
		r.stand(stand + "/page" + rest)
		r.replaceArg(adapter.WhatFile, folder, 0, filepath.Join(r.place.Dir, stand)+"/page")
		return
	}
	r.stand(filepath.Join(stand, uri))
	r.replaceArg(adapter.WhatFile, folder, 0, filepath.Join(r.place.Dir, stand))
}

// stand adds a page, unless there is one that would have to be its folder, or the other
// way round.
func (r *rewrite) stand(name string) {
	if !slices.ContainsFunc(r.files, func(f adapter.File) bool {
		return strings.HasPrefix(f.Name, name+"/") || strings.HasPrefix(name, f.Name+"/")
	}) {
		r.extra(name, []byte(page))
	}
}

// nginxFolder returns the root or the alias that holds in a block; nil if it is
// nginx's own.
func nginxFolder(block *directive) *directive {
	for b := block; b != nil; b = b.parent {
		for _, name := range []string{"alias", "root"} {
			if d := b.has(name); d != nil && len(d.args) > 0 {
				return d
			}
		}
	}
	return nil
}

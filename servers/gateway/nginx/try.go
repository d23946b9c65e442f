package nginx

import (
	"strconv"
	"strings"
)

// tryFiles goes where the last argument of a try_files leads: what the files before
// it hold, if they are there, is no API's answer.
// https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files
func (a *answer) tryFiles(times int) {
	d := a.block.has("try_files")
	if d == nil || len(d.args) < 2 {
		return
	}
	to := d.arg(len(d.args) - 1)
	if strings.HasPrefix(to, "@") {
		a.name(to, times+1)
		return
	}
	if code, is := strings.CutPrefix(to, "="); is {
		a.by = d
		a.status, _ = strconv.Atoi(code)
		return
	}
	to, _, _ = strings.Cut(to, "?")
	path, sure := a.value(to)
	switch {
	case !sure:
		a.doubt = "the last file of " + d.at()
	case path != a.asked.path: // else it is that file
		a.asked.path = path
		a.search(times + 1)
	}
}

// name enters a named location of the server.
func (a *answer) name(name string, times int) {
	for _, d := range a.server.block {
		if d.name.value == "location" && d.arg(0) == name {
			a.enter(d, times)
			return
		}
	}
	a.doubt = "no location " + name
}

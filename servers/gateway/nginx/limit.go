package nginx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A check makes more requests than most limits let through, and an answer to their number
// says nothing of CORS. nginx doesn't count requests whose key is empty
// (https://nginx.org/en/docs/http/ngx_http_limit_req_module.html#limit_req_zone), so the
// keys are empty but for the cases that are about limits.

// limits defines the key of each zone in the http block, by the mark of those cases.
func (r *rewrite) limits(http *directive, b *strings.Builder) {
	each(http.block, func(d *directive) {
		if d.data() || d.name.value != "limit_req_zone" && d.name.value != "limit_conn_zone" || len(d.args) < 2 {
			return
		}
		r.zones = append(r.zones, d)
		fmt.Fprintf(b, " map $arg_case %s { default \"\"; \"~^%s\" %s; }", r.limitKey(d), target.LimitedMark, quote(d.arg(0)))
	})
}

// limitKey is the variable that stands for a zone's key; empty if the zone has its own.
func (r *rewrite) limitKey(d *directive) string {
	if i := slices.Index(r.zones, d); i >= 0 {
		return fmt.Sprintf("$corsproof_limit_%d", i+1)
	}
	return ""
}

// limitZone has a zone count what it has to.
func (r *rewrite) limitZone(d *directive) {
	if key := r.limitKey(d); key != "" {
		r.edits.Add(adapter.WhatLimit, d.source, d.args[0].start, d.args[0].end, key)
	}
}

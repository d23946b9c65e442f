package lint

import (
	"context"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// hostHeader finds Host headers of another host than the URL's.
func hostHeader(_ context.Context, r *request) ([]Problem, error) {
	hosts := r.Call.Sent.Lines("Host")
	if len(hosts) == 0 || r.url == nil {
		return nil, nil
	}
	p := Problem{Rule: "host-differs", Standard: standard("forbidden-request-header")}
	if len(hosts) > 1 {
		p.Wrong, p.Instead = "Host is written twice", "leave both out: the browser writes the URL's host"
		return one(p)
	}
	u, err := fetch.ParseURL(r.url.Scheme+"://"+hosts[0]+"/", nil)
	if err == fetch.ErrURLUnsupported || err == nil && u.Origin() == r.url.Origin() {
		return nil, nil
	}
	p.Wrong = fmt.Sprintf("Host is %q, and a browser always writes the host of the URL, %s", hosts[0], strings.TrimPrefix(string(r.url.Origin()), r.url.Scheme+"://"))
	p.Instead = "write that host in the URL, and the address in curl's --resolve"
	return one(p)
}

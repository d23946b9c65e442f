package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A visitor is a caller with clients of its own, net/http and curl: it shows
// another certificate than the lab's, or none.
type visitor struct {
	shows    string // what the visitor shows, in two words
	url      string
	identity *wire.Identity
	// statuses are what may be answered; 200 means that the orders are read, none
	// that there is no answer.
	statuses []int
}

func (v visitor) passes() bool { return len(v.statuses) == 1 && v.statuses[0] == 200 }

// visit lets each visitor ask for the orders with every Origin, one request
// after another, and expects that just those who pass reach Node: nobody else
// calls it meanwhile.
func (b *Bench) visit(ctx context.Context, visitors []visitor) error {
	first, err := b.firstOrder(ctx)
	if err != nil {
		return err
	}
	var cells []string
	for _, v := range visitors {
		if err := b.visitAs(ctx, v, first); err != nil {
			return err
		}
		cells = append(cells, v.shows+": "+v.outcome())
	}
	b.Direct("%s", strings.Join(cells, ", "))
	return nil
}

func (b *Bench) visitAs(ctx context.Context, v visitor, firstOrder string) error {
	cfg := b.Lab.DirectConfig()
	cfg.Identity = v.identity
	clients, end, err := plainClients(ctx, cfg)
	if err != nil {
		return err
	}
	defer end()
	for _, client := range clients {
		for _, origin := range b.origins() {
			if err := b.visitOnce(ctx, client, v, origin, firstOrder); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v visitor) outcome() string {
	var all []string
	for _, s := range v.statuses {
		all = append(all, fmt.Sprint(s))
	}
	if len(all) == 0 {
		return "no answer"
	}
	return strings.Join(all, " or ")
}

// plainClients returns net/http and curl, made with the configuration, and what
// ends the connections that they keep.
func plainClients(ctx context.Context, cfg direct.Config) (clients []direct.Client, end func(), err error) {
	curl, err := direct.NewCurl(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	netHTTP := direct.NewNetHTTP(cfg)
	return []direct.Client{netHTTP, curl}, netHTTP.Close, nil
}

func (b *Bench) visitOnce(ctx context.Context, client direct.Client, v visitor, origin, firstOrder string) error {
	r := fetch.Request{Origin: origin, URL: v.url}
	mark := b.System.Node.Mark()
	replies, err := client.Call(ctx, []fetch.Request{r})
	if err != nil {
		return err
	}
	reached := b.System.Node.Since(mark)
	t := fetch.Trace{Schema: fetch.TraceSchema, Caller: client.Caller(), Request: r, Exchanges: reached, Outcome: replies[0].Outcome}
	b.Trace(t)
	who := fmt.Sprintf("%s with Origin %q (%s) at %s", t.Caller.Name, origin, v.shows, v.url)
	if t.Outcome.Kind == fetch.OutcomeUnknown {
		return fmt.Errorf("%s could not be observed: %s", who, t.Outcome.Error)
	}
	want := 0
	if v.passes() {
		want = 1
	}
	b.Expect(len(reached) == want, "%s: %d requests reached Node, not %d", who, len(reached), want)
	read := t.Outcome.Response
	if read == nil {
		b.Expect(len(v.statuses) == 0, "%s got no answer (%s), not %s", who, t.Outcome.Error, v.outcome())
		return nil
	}
	b.Expect(slices.Contains(v.statuses, read.Status), "%s got status %d, not %s", who, read.Status, v.outcome())
	data := strings.Contains(read.Body.Prefix, firstOrder)
	b.Expect(data == v.passes(), "%s: that it reads the orders is %t", who, data)
	return nil
}

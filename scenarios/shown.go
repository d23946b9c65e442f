package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// An action is a button of the React page: its id, and the request that it makes.
type action struct {
	button string
	method string
	url    func(*Stage) string
	typed  bool // the button sends what stands in the inputs
	// service names the server that the gateway asks; nil if there is no gateway.
	service func(*Stage) string
}

var (
	listFastAPI        = action{"fastapi-list", "GET", (*Stage).fastAPIOrders, false, nil}
	createFastAPI      = action{"fastapi-create", "POST", (*Stage).fastAPIOrders, true, nil}
	createFastAPIPlain = action{"fastapi-create-plain", "POST", (*Stage).fastAPIOrders, true, nil}
	listNode           = action{"node-list", "GET", (*Stage).nodeOrders, false, nil}
	listGatewayFastAPI = action{"gateway-fastapi-list", "GET", func(s *Stage) string { return "http://" + s.System.Gateway.Addr() + "/api/orders" }, false, func(s *Stage) string { return s.System.FastAPI.Name() }}
	listGatewayNode    = action{"gateway-node-list", "GET", func(s *Stage) string { return "http://" + s.System.Gateway.Addr() + "/node/orders" }, false, func(s *Stage) string { return s.System.Node.Name() }}
)

// Chromium's codes for the reasons that rows expect.
const (
	missingAllowOrigin          = "MissingAllowOriginHeader"
	preflightMissingAllowOrigin = "PreflightMissingAllowOriginHeader"
	allowOriginMismatch         = "AllowOriginMismatch"
	multipleAllowOrigin         = "MultipleAllowOriginValues"
)

// The states of the page's result.
const (
	stateOK    = "ok"
	stateError = "error"
)

// Shown is the result of a click: what the page shows, what the recorders saw meanwhile,
// and what the browser reports about it.
type Shown struct {
	State string // [stateOK] or [stateError]
	Text  string // the sentence that the page shows, and the error below it
	// Orders are the rows of the page's table.
	Orders []servers.Order
	// Trace is the trace of the request that the button sent, from the browser.
	Trace fetch.Trace
	// Behind are the exchanges between the services meanwhile.
	Behind []fetch.Exchange
}

func freshOrder() servers.Order { return servers.Order{Name: "order-" + rand.Text(), Quantity: 3} }

func jsonPost(o servers.Order) fetch.Request  { return post(o, "application/json") }
func plainPost(o servers.Order) fetch.Request { return post(o, "text/plain;charset=UTF-8") }

func post(o servers.Order, contentType string) fetch.Request {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // two plain fields
	}
	return fetch.Request{Method: "POST", Headers: fetch.HeaderList{{"Content-Type", contentType}}, Body: &fetch.Body{Bytes: string(text)}}
}

// click loads the page in the judging browser, as for a user who comes for the
// first time, and presses the button. The request says what the button is to
// send, as far as it isn't clear from the button.
func (b *Bench) click(ctx context.Context, a action, r fetch.Request) (Shown, error) {
	engine, err := b.engine(ctx)
	if err != nil {
		return Shown{}, err
	}
	return b.clickIn(ctx, engine, a, r, nil)
}

// clickIn is click in a certain browser. Once the button is pressed, meanwhile
// is called, if it isn't nil, before the result is waited for.
func (b *Bench) clickIn(ctx context.Context, engine *chromium.Browser, a action, r fetch.Request, meanwhile func(context.Context) error) (shown Shown, err error) {
	view, err := b.view(ctx, engine)
	if err != nil {
		return Shown{}, err
	}
	if a.typed {
		var o servers.Order
		if err := json.Unmarshal([]byte(r.Body.Bytes), &o); err != nil {
			return Shown{}, err
		}
		if err := errors.Join(view.Fill(ctx, "#order-name", o.Name), view.Fill(ctx, "#order-quantity", strconv.Itoa(o.Quantity))); err != nil {
			return Shown{}, err
		}
	}
	// The page counts its clicks; a fresh page's first is 1.
	const settled = `#result[data-seq="1"]:is([data-state="ok"],[data-state="error"])`
	activity, err := view.Act(ctx, func(ctx context.Context) error {
		if err := view.Click(ctx, "#"+a.button); err != nil {
			return err
		}
		if meanwhile != nil {
			if err := meanwhile(ctx); err != nil {
				return err
			}
		}
		_, err := view.WaitText(ctx, settled+" #summary", func(string) bool { return true })
		return err
	})
	if err != nil {
		return Shown{}, err
	}
	if err := shown.read(ctx, view); err != nil {
		return Shown{}, err
	}
	r.Method, r.URL, r.Origin = a.method, a.url(b.Stage), b.Page
	shown.join(engine.Info().Caller(), r, activity)
	if err := b.screenshot(ctx, view); err != nil {
		return Shown{}, err
	}
	if err := shown.agree(); err != nil {
		return Shown{}, err
	}
	b.Trace(shown.Trace)
	b.leg.Shown = append(b.leg.Shown, report.Shown{State: shown.State, Text: shown.Text, Orders: len(shown.Orders), Behind: shown.Behind})
	switch {
	case shown.State == stateOK:
		b.Browser("readable")
	case shown.Trace.Outcome.Kind == fetch.OutcomeNetworkError:
		b.Browser("blocked")
	default:
		b.Browser("the error is shown")
	}
	return shown, nil
}

// read takes what the page shows.
func (s *Shown) read(ctx context.Context, view *chromium.View) error {
	var err error
	if s.State, err = view.Attribute(ctx, "#result", "data-state"); err != nil {
		return err
	}
	if s.Text, err = view.Text(ctx, "#summary"); err != nil {
		return err
	}
	if s.State == stateError {
		detail, err := view.Text(ctx, "#error")
		s.Text += " " + detail
		return err
	}
	table, err := view.Text(ctx, "#result")
	if err != nil {
		return err
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) != 3 || cells[0] == "Number" {
			continue
		}
		quantity, err := strconv.Atoi(cells[2])
		if err != nil {
			return fmt.Errorf("the page's table says quantity %q", cells[2])
		}
		s.Orders = append(s.Orders, servers.Order{Name: cells[1], Quantity: quantity})
	}
	return nil
}

// join makes the trace of the call: what was sent from the recorders, what could
// be read from the page, why it was blocked from the browser.
func (s *Shown) join(caller fetch.Caller, r fetch.Request, activity chromium.Activity) {
	s.Behind = activity.Others
	s.Trace = fetch.Trace{Schema: fetch.TraceSchema, Caller: caller, Request: r, Exchanges: activity.Exchanges}
	s.Trace.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "the browser's protocol doesn't know of the call"}
	for _, call := range activity.Calls {
		if call.URL == r.URL && call.Method == r.Method {
			s.Trace.Outcome = call.Outcome
		}
	}
}

// agree compares what the page shows with what the browser says of the call.
// The page decides; if they contradict each other neither can be trusted.
func (s Shown) agree() error {
	o := s.Trace.Outcome
	refused := o.Kind == fetch.OutcomeNetworkError
	failed := o.Readable() && o.Response.Status >= 400
	if s.State == stateOK && o.Readable() && !failed || s.State == stateError && (refused || failed) {
		return nil
	}
	return fmt.Errorf("the page shows %s (%q), but the browser says of the call: %s %s", s.State, s.Text, o.Kind, o.Error)
}

// reason returns the browser's word for why it blocked.
func (s Shown) reason() string {
	if s.Trace.Outcome.Block == nil {
		return "no reason given"
	}
	return s.Trace.Outcome.Block.Code
}

// at returns the browser's exchanges with a server.
func (s Shown) at(server string) []fetch.Exchange {
	return slices.DeleteFunc(slices.Clone(s.Trace.Exchanges), func(x fetch.Exchange) bool { return x.Server != server })
}

func methods(exchanges []fetch.Exchange) string {
	if len(exchanges) == 0 {
		return "no request"
	}
	var m []string
	for _, x := range exchanges {
		m = append(m, x.Request.Method)
	}
	return strings.Join(m, ", ")
}

// screenshot saves the picture of the page beside the report, if the leg wants
// one and the stage has a place for it.
func (b *Bench) screenshot(ctx context.Context, view *chromium.View) error {
	if b.picture == "" || b.cfg.Screenshots == "" {
		return nil
	}
	png, err := view.Screenshot(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.cfg.Screenshots, b.picture), png, 0o644); err != nil {
		return fmt.Errorf("save the screenshot: %w", err)
	}
	b.leg.Screenshot = b.picture
	return nil
}

func isCanaryError(err error) bool {
	var canary *browser.CanaryError
	return errors.As(err, &canary)
}

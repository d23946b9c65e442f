package cases

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
)

// CompareDenied runs the cases in the lab's browser, repeats every request that the
// browser denied to its page with every other caller, against the same responses, and
// returns the results in the order of the cases; [ShareOf] counts them. If the error is
// one of [browser.IsEvidenceProblem], the browser's result of some cases is unknown;
// the others are valid.
//
// It leaves out cases with several requests, which share state that no other caller
// has; cases whose server does not respond, since nothing is withheld; and cases with
// https at an IP address. TLS does not send an address to the server ([RFC 6066],
// section 3), so the server could not choose the certificate that other callers need.
//
// [RFC 6066]: https://www.rfc-editor.org/rfc/rfc6066#section-3
func CompareDenied(ctx context.Context, lab *harness.Lab, cases []catalog.Case) ([]report.Differential, error) {
	driver, err := NewDriver(ctx, lab, 0)
	if err != nil {
		return nil, err
	}
	defer driver.Close()
	cases = slices.DeleteFunc(slices.Clone(cases), func(c catalog.Case) bool {
		return !c.DrivenBy(catalog.DriverBrowser) || len(c.AllSteps()) != 1 || isSecureAddress(c.Request.URL)
	})
	var denied []Driven
	err = driver.Drive(ctx, cases, func(d Driven) {
		if isDenied(d.Traces[0]) {
			denied = append(denied, d)
		}
	})
	if err != nil && (ctx.Err() != nil || !browser.IsEvidenceProblem(err)) {
		return nil, err
	}
	byCase, callErr := driver.callAll(ctx, denied)
	if callErr != nil {
		return nil, errors.Join(err, callErr)
	}
	differentials := make([]report.Differential, len(denied))
	for i, d := range denied {
		differentials[i] = harness.Differential(d.Traces[0], byCase[i]...)
	}
	return differentials, err
}

func isSecureAddress(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "https" {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil
}

// isDenied says whether the server answered, and the page could not read it.
func isDenied(t fetch.Trace) bool {
	if t.Outcome.Readable() || t.Outcome.Kind == fetch.OutcomeUnknown || len(t.Exchanges) == 0 {
		return false
	}
	last := t.Exchanges[len(t.Exchanges)-1]
	return last.Response != nil && last.Incomplete == ""
}

// callAll makes the call of each case by every caller that is no browser. The
// server begins its answers anew for each caller. Where a caller says other than its
// recorder saw, its own trace is unknown.
func (d *Driver) callAll(ctx context.Context, driven []Driven) (byCase [][]fetch.Trace, err error) {
	there, absent, err := d.lab.Callers(ctx)
	if err != nil {
		return nil, err
	}
	b := &driving{driver: d}
	requests := make([]fetch.Request, len(driven))
	for i := range driven {
		b.cases = append(b.cases, &driven[i])
		requests[i] = driven[i].Placed.FetchRequest(driven[i].Placed.AllSteps()[0])
	}
	byCase = make([][]fetch.Trace, len(driven))
	for _, c := range there {
		keys, err := b.script(0)
		if err != nil {
			return nil, err
		}
		traces, err := direct.Observe(ctx, c, d.lab.Recorders(), requests)
		d.scripted.Remove(keys...)
		// A user agent follows a redirect to where a case has no answer: its trace has it.
		d.scripted.TakeUnexpected()
		if err != nil && !direct.IsEvidenceProblem(err) {
			return nil, err
		}
		for i, t := range traces {
			t.Case = driven[i].Case.ID
			byCase[i] = append(byCase[i], t)
		}
	}
	for i, r := range requests {
		for _, a := range absent {
			byCase[i] = append(byCase[i], a.Trace(r))
		}
	}
	return byCase, nil
}

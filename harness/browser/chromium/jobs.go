package chromium

import (
	"errors"
	"fmt"

	"github.com/corsproof/corsproof/harness/browser"
)

// tasks finds what no page could do, before anything is sent.
func (c *Browser) tasks(calls []browser.PageJobs) ([]task, error) {
	ids := map[string]bool{}
	var tasks []task
	var problems []error
	for _, call := range calls {
		p, ok := call.Page.(*chromiumPage)
		if !ok || p.browser != c {
			return nil, errors.New("a page of another browser can't be observed with this one's")
		}
		for _, j := range call.Jobs {
			if ids[j.ID] {
				problems = append(problems, fmt.Errorf("job %q: its ID is not unique", j.ID))
			}
			ids[j.ID] = true
			if err := browser.CheckRequest(j.Request, p.origin); err != nil {
				problems = append(problems, fmt.Errorf("job %q: %w", j.ID, err))
			}
			tasks = append(tasks, task{p, j})
		}
	}
	return tasks, errors.Join(problems...)
}

package witness

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

//go:embed page.js
var pageScript string

// inlineLimit is the size in bytes up to which a page hands a body over whole.
const inlineLimit = 16 << 10

// Reports of calls are sent when there are so many of them, or after so long,
// or when no call is left.
const (
	reportBatch = 50
	reportDelay = 100 * time.Millisecond
)

// tickDelay is how often a page looks for calls that are past their deadline.
const tickDelay = 25 * time.Millisecond

// PageScript returns what a page evaluates to make calls, slots of them at a time: it
// reports what came of each to a function of the browser's, named binding, as a list of
// [Report] in JSON. A call of corsproof.run(round, jobs) begins them.
func PageScript(binding string, slots int) (string, error) {
	config, err := json.Marshal(map[string]any{
		"binding":     binding,
		"inlineLimit": inlineLimit,
		"prefixLimit": fetch.PrefixLimit,
		"reportBatch": reportBatch,
		"reportDelay": reportDelay.Milliseconds(),
		"tickDelay":   tickDelay.Milliseconds(),
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("(%s)(%s); corsproof.open(%d)", pageScript, config, slots), nil
}

// SentinelScript makes requests that are seen to arrive or not to, and says of each
// why it could not be made, or nothing.
func SentinelScript(sentinels []Sentinel) (string, error) {
	encoded, err := json.Marshal(sentinels)
	return fmt.Sprintf(`Promise.all(%s.map(({url, credentials}) => fetch(url, {mode: 'no-cors', credentials}).then(() => '', String)))`, encoded), err
}

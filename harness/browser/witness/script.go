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

// The page sends reports of calls when it has reportBatch of them, after reportDelay, or
// when no call is left.
const (
	reportBatch = 50
	reportDelay = 100 * time.Millisecond
)

// tickDelay is how often a page looks for calls that are past their deadline.
const tickDelay = 25 * time.Millisecond

// PageScript returns the script that a page evaluates to send requests, slots of them
// concurrently. It reports the results to the browser's function binding, as a list of
// [Report] in JSON. corsproof.run(round, jobs) starts the calls.
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

// SentinelScript returns a script that sends sentinels, and returns for each why it could
// not be sent, or nothing.
func SentinelScript(sentinels []Sentinel) (string, error) {
	encoded, err := json.Marshal(sentinels)
	return fmt.Sprintf(`Promise.all(%s.map(({url, credentials}) => fetch(url, {mode: 'no-cors', credentials}).then(() => '', String)))`, encoded), err
}

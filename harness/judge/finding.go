package judge

import (
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A FindingID names a kind of finding. IDs are stable; [Kinds] has them all.
type FindingID string

// A Severity says what a finding means for those who use the target.
type Severity string

// The severities, the gravest first.
const (
	SeverityOutage      Severity = "outage"      // pages that may read can't
	SeverityHole        Severity = "hole"        // pages that may not read can
	SeverityMasked      Severity = "masked"      // it works, and pages can't see what went wrong when it doesn't
	SeverityPerformance Severity = "performance" // more round trips than needed
	SeverityAnnoyance   Severity = "annoyance"   // somebody will stumble over it
)

// Severities returns all severities, the gravest first. The slice is the
// caller's.
func Severities() []Severity {
	return []Severity{SeverityOutage, SeverityHole, SeverityMasked, SeverityPerformance, SeverityAnnoyance}
}

// A Layer is who is at fault.
type Layer string

const (
	LayerGateway     Layer = "gateway"     // the target's answers don't follow the policy
	LayerUpstream    Layer = "upstream"    // what stands behind the gateway
	LayerPolicy      Layer = "policy"      // what is written isn't what is meant
	LayerEngine      Layer = "engine"      // engines differ
	LayerClient      Layer = "client"      // the page's own code
	LayerEnvironment Layer = "environment" // network, browser settings, certificates: not CORS
)

// A Finding is one cause of one or more violations.
type Finding struct {
	ID       FindingID `json:"id"`
	Title    string    `json:"title"`
	Severity Severity  `json:"severity"`
	Fault    Layer     `json:"fault"`
	// Summary is what was seen, in a sentence without a full stop.
	Summary string `json:"summary"`
	// Rule is what the policy says, where it says it: that of the first case.
	Rule policy.Rule `json:"rule"`
	// Owners, Routes and Origins are those of all cases, sorted. Routes are names.
	Owners  []string `json:"owners"`
	Routes  []string `json:"routes"`
	Origins []string `json:"origins"`
	// Cases are folded under the finding, in the order in which they were added.
	Cases []FoldedCase `json:"cases"`
	// Evidence is that of the first case.
	Evidence Evidence `json:"evidence"`
	// Flip is the one header that would change the verdict of the first case, nil
	// if no single one does.
	Flip *Flip `json:"flip,omitempty"`
	// Fix is what would make the target follow the policy, in no gateway's words.
	// Its kind is empty if it isn't about a header; then the page of the ID says
	// what to do.
	Fix policy.Fix `json:"fix"`
	// Wording is the fix in the target's own words, nil if it has none. Who knows
	// the target sets it.
	Wording *policy.Wording `json:"wording,omitempty"`
	// Curl makes the decisive request again, Command the first case.
	Curl    string `json:"curl"`
	Command string `json:"command"`
}

// A FoldedCase is a case that a finding explains.
type FoldedCase struct {
	ID    string      `json:"id"`
	Route string      `json:"route,omitempty"`
	Rule  policy.Rule `json:"rule"`
	// Saw is what differed, in a line.
	Saw string `json:"saw"`
}

// Evidence is what a finding rests on.
type Evidence struct {
	Case string `json:"case"`
	// Step is the index of the request that it is about.
	Step    int           `json:"step"`
	Request fetch.Request `json:"request"`
	// Want and Got are what was to come of it and what came, in a few words.
	Want string `json:"want"`
	Got  string `json:"got"`
	// Block is why a browser, on paper, said no; nil if it didn't.
	Block     *fetch.Block     `json:"block,omitempty"`
	Exchanges []fetch.Exchange `json:"exchanges"`
	// Decisive is the index of the exchange that decided; -1 if there is none.
	Decisive int `json:"decisive"`
	// FromCache: nothing was asked; the exchanges are those of which the answer
	// was kept.
	FromCache bool `json:"fromCache,omitempty"`
	// NeverSent is the method of a request that was to follow and didn't.
	NeverSent string `json:"neverSent,omitempty"`
	// Reached says whether the decisive request reached the upstream; empty if
	// nobody knows.
	Reached string `json:"reached,omitempty"`
}

// A Flip is one header of one answer that decides: with it as it is here instead
// of as it was sent, the model's verdict is what the policy calls for.
type Flip struct {
	// On says which answer, as in "OPTIONS" or "GET".
	On     string `json:"on"`
	Header string `json:"header"`
	// Was are the lines as they were sent, Be the value with which the verdict
	// changes; empty means no such header.
	Was []string `json:"was"`
	Be  string   `json:"be"`
}

package judge

import (
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A FindingID names a kind of finding. IDs are stable; [Kinds] returns all.
type FindingID string

// A Severity says what a finding means for users of the target.
type Severity string

// The severities, most severe first.
const (
	SeverityOutage      Severity = "outage"      // pages that may read cannot
	SeverityHole        Severity = "hole"        // pages that may not read can
	SeverityMasked      Severity = "masked"      // it works, but pages cannot see what went wrong when it fails
	SeverityPerformance Severity = "performance" // more round trips than needed
	SeverityAnnoyance   Severity = "annoyance"   // likely to surprise somebody
)

// Severities returns all severities, most severe first. The caller owns the slice.
func Severities() []Severity {
	return []Severity{SeverityOutage, SeverityHole, SeverityMasked, SeverityPerformance, SeverityAnnoyance}
}

// A Layer is the part that is at fault.
type Layer string

const (
	LayerGateway     Layer = "gateway"     // the target's responses violate the policy
	LayerUpstream    Layer = "upstream"    // the upstream behind the gateway
	LayerPolicy      Layer = "policy"      // the policy differs from what is meant
	LayerEngine      Layer = "engine"      // engines differ from each other
	LayerClient      Layer = "client"      // the page's own code
	LayerEnvironment Layer = "environment" // network, browser settings, certificates: not CORS
)

// A Finding is the common cause of one or more violations.
type Finding struct {
	ID       FindingID `json:"id"`
	Title    string    `json:"title"`
	Severity Severity  `json:"severity"`
	Fault    Layer     `json:"fault"`
	// Summary says what was observed, in a sentence without a full stop.
	Summary string `json:"summary"`
	// Rule is the rule of the policy that the first case tests, with its position.
	Rule policy.Rule `json:"rule"`
	// Owners, Routes and Origins are those of all cases, sorted. Routes are names.
	Owners  []string `json:"owners"`
	Routes  []string `json:"routes"`
	Origins []string `json:"origins"`
	// Cases are the cases of the finding, in the order in which they were added.
	Cases []FoldedCase `json:"cases"`
	// Evidence is the evidence of the first case.
	Evidence Evidence `json:"evidence"`
	// Flip is the single header that would change the verdict of the first case; nil if
	// no single header does.
	Flip *Flip `json:"flip,omitempty"`
	// Fix is the change that makes the target follow the policy, independent of the kind
	// of gateway. Its kind is empty if it is not about a header; then the page of the ID
	// says what to do.
	Fix policy.Fix `json:"fix"`
	// Wording is the fix in the target's own syntax, nil if it has none. It is set by the
	// code that knows the target.
	Wording *policy.Wording `json:"wording,omitempty"`
	// Curl repeats the decisive request, Command the first case.
	Curl    string `json:"curl"`
	Command string `json:"command"`
}

// A FoldedCase is a case that a finding explains.
type FoldedCase struct {
	ID    string      `json:"id"`
	Route string      `json:"route,omitempty"`
	Rule  policy.Rule `json:"rule"`
	// Saw is the difference, in one line.
	Saw string `json:"saw"`
}

// Evidence is the evidence for a finding.
type Evidence struct {
	Case string `json:"case"`
	// Step is the index of the request.
	Step    int           `json:"step"`
	Request fetch.Request `json:"request"`
	// Want and Got are the expected and the actual result, in a few words.
	Want string `json:"want"`
	Got  string `json:"got"`
	// Block is why a browser would block the request, by the model; nil if it would not.
	Block     *fetch.Block     `json:"block,omitempty"`
	Exchanges []fetch.Exchange `json:"exchanges"`
	// Decisive is the index of the exchange that decided; -1 if there is none.
	Decisive int `json:"decisive"`
	// FromCache says that no request was sent; the exchanges are those whose response is
	// cached.
	FromCache bool `json:"fromCache,omitempty"`
	// NeverSent is the method of an expected request that was not sent.
	NeverSent string `json:"neverSent,omitempty"`
	// Reached says whether the decisive request reached the upstream; empty if unknown.
	Reached string `json:"reached,omitempty"`
}

// A Flip is one header of one response that decides: if it had the value Be, the model's
// verdict would be what the policy requires.
type Flip struct {
	// On is the request that the response answers, as in "OPTIONS" or "GET".
	On     string `json:"on"`
	Header string `json:"header"`
	// Was are the header lines that were sent; Be is the value that changes the verdict.
	// Empty means no such header.
	Was []string `json:"was"`
	Be  string   `json:"be"`
}

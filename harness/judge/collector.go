package judge

import "github.com/corsproof/corsproof/harness/policy"

// CollectorConfig says what cases don't.
type CollectorConfig struct {
	// View is the policy on the target.
	View *policy.View
	// Command reproduces a case once " --case ID" is appended; empty means
	// "corsproof check POLICY --target NAME".
	Command string
	// Address is where the target listens, "host:port", if it isn't where its
	// URL says; curl lines connect to it.
	Address string
}

// A Collector makes findings of cases. It keeps all of a case that failed and a
// few facts of one that passed. It is not for concurrent use.
type Collector struct {
	cfg    CollectorConfig
	failed []*Checked
}

// NewCollector returns an empty collector.
func NewCollector(cfg CollectorConfig) *Collector { return &Collector{cfg: cfg} }

// Add takes a case, which the collector may keep: nobody may change it later.
func (c *Collector) Add(checked *Checked) {
	if checked.End() == EndViolation {
		c.failed = append(c.failed, checked)
	}
}

// Findings returns the causes of all violations, the gravest first, and notes:
// what is worth knowing of a target though it follows the policy. Notes never
// change how a check ends. The order and the rest depend on nothing but the cases
// and the order in which they were added.
func (c *Collector) Findings() (findings, notes []Finding) { return nil, nil }

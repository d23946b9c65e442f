package check

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
)

// contextAreas are the first parts of the IDs of cases that show what a target does
// as a rule; how it compares origins, only all about origins shows.
var (
	contextAreas = []string{"route/", "origin/allowed/", "origin/arbitrary/"}
	originArea   = "origin/"
)

// context asks the target what a few cases ask that were not selected, if one that
// was came out wrong: a cause is told from what is right beside it, so that a case by
// itself has the finding that it has among all. These cases are not counted, and what
// is wrong with them is not told.
func (c *checking) context(ctx context.Context) error {
	if c.cfg.Only == nil || c.summary.Violations == 0 {
		return nil
	}
	asked, err := c.contextCases()
	if err != nil {
		return err
	}
	made, err := c.predictor.predict(ctx, asked, mannerTogether, func(string) {})
	if err != nil {
		return err
	}
	reached := c.reached()
	for _, pc := range asked {
		one, err := c.judge(ctx, pc, made[pc.Signature])
		if err != nil {
			return err
		}
		one.Upstream, one.UpstreamSeen = reached[pc.Signature], !c.foreign
		c.secrets.checked(one)
		c.collector.AddContext(one)
	}
	return nil
}

// contextCases are cases that show what the target does as a rule and were not
// selected.
func (c *checking) contextCases() ([]*catalog.PolicyCase, error) {
	all, err := c.derive()
	if err != nil {
		return nil, err
	}
	areas := contextAreas
	for id := range c.selected {
		if strings.HasPrefix(id, originArea) {
			areas = append(slices.Clone(contextAreas), originArea)
			break
		}
	}
	var asked []*catalog.PolicyCase
	for i := range all {
		pc := &all[i]
		shows := slices.ContainsFunc(areas, func(area string) bool { return strings.HasPrefix(pc.ID, area) })
		if shows && !c.selected[pc.ID] && c.leftOut(pc) == "" && mannerOf(pc) == mannerTogether {
			asked = append(asked, pc)
		}
	}
	return asked, nil
}

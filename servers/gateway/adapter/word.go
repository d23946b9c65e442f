package adapter

import "github.com/corsproof/corsproof/harness/policy"

// Word words a fix in the syntax of a config: as the config words it, or, if that is only
// a general text for entries which name origins, as the lines to remove.
func Word(c Config, f policy.Fix) policy.Wording {
	if f.Kind == "" {
		return policy.Wording{}
	}
	w := c.Fix(f)
	if literal := w.Change != "" && w.Change != policy.Words; f.Kind == policy.FixUnlistOrigin && !literal {
		if unlisted, ok := c.Facts().Named.Unlist(f); ok {
			return unlisted
		}
	}
	return w
}

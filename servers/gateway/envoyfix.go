package gateway

import "github.com/corsproof/corsproof/harness/policy"

func (c *envoyConf) word(f policy.Fix) Wording {
	return Wording{Text: f.String(), File: c.file.source.name}
}

package gateway

import "github.com/corsproof/corsproof/harness/policy"

func (c *nginxConf) word(f policy.Fix) Wording { return Wording{Text: f.String(), File: c.main.name} }

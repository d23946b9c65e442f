package policy

import "fmt"

// Load parses the text of a policy and lints it. It also allows origins, see
// [Policy.WithOrigin]; given says where they come from, such as "--origin". Load returns
// the concerns also if the policy is refused because of them; then the error says so.
func Load(file string, text []byte, given string, origins ...string) (*Policy, []Concern, error) {
	p, err := Parse(file, text)
	if err != nil {
		return nil, nil, err
	}
	for _, origin := range origins {
		if p, err = p.WithOrigin(origin, given); err != nil {
			return nil, nil, err
		}
	}
	concerns := p.Lint()
	if Refused(concerns) {
		return nil, concerns, fmt.Errorf("%s: the policy has the risks listed above: fix them, or accept each under accepted_risks, with a reason", file)
	}
	return p, concerns, nil
}

package policy

import "fmt"

// Load parses the text of a policy and looks for what is dangerous in it. Origins are
// allowed as well, see [Policy.WithOrigin], and given is what gave them, such as
// "--origin". The concerns are returned whether or not the policy is refused for them;
// then the error says so.
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

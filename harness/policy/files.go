package policy

import "slices"

// Files returns the files that a policy names: configs of gateways and secrets, as
// written. Relative names are relative to the policy's folder.
func (p *Policy) Files() []string {
	var files []string
	for _, t := range p.Targets {
		files = append(files, t.File.Text)
	}
	settings := []Settings{p.Defaults}
	for _, r := range p.Routes {
		settings = append(settings, r.Settings)
	}
	for _, s := range settings {
		if s.Auth != nil {
			files = append(files, s.Auth.Secret().File.Text)
		}
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(f string) bool { return f == "" })
}

// Secret returns where the secret is; the zero Secret if none is needed.
func (a *Auth) Secret() Secret {
	switch {
	case a.Bearer != nil:
		return *a.Bearer
	case a.APIKey != nil:
		return a.APIKey.Secret
	case a.Cookie != nil:
		return a.Cookie.Secret
	}
	return Secret{}
}

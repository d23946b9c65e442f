package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// Secrets returns what reads the secrets of a policy from where the policy says:
// an environment variable, or a file, whose name is relative to dir, the policy's
// folder. The error says what is not there.
func Secrets(dir string) func(*policy.Auth) (string, error) {
	return func(a *policy.Auth) (string, error) {
		var from policy.Secret
		switch {
		case a.Bearer != nil:
			from = *a.Bearer
		case a.APIKey != nil:
			from = a.APIKey.Secret
		case a.Cookie != nil:
			from = a.Cookie.Secret
		}
		if env := from.Env.Text; env != "" {
			if value, ok := os.LookupEnv(env); ok {
				return value, nil
			}
			return "", fmt.Errorf("it needs a secret: set the environment variable %s", env)
		}
		path := from.File.Text
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		value, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("it needs a secret: %w", err)
		}
		return strings.TrimSpace(string(value)), nil
	}
}

// withSecrets returns the case with the secrets that it needs.
func (c *checking) withSecrets(pc *catalog.PolicyCase) (catalog.PolicyCase, error) {
	ready := *pc
	for i := range pc.Steps {
		auth := pc.Steps[i].Auth
		if auth == nil {
			continue
		}
		if c.cfg.Secret == nil {
			return ready, errors.New("it needs a secret, and none was given")
		}
		secret, err := c.cfg.Secret(auth)
		if err != nil {
			return ready, err
		}
		ready = ready.WithSecret(secret)
	}
	return ready, nil
}

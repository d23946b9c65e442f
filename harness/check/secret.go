package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// Secrets returns a function that reads the secrets of a policy from where the policy
// says: from an environment variable, or from a file whose name is relative to dir, the
// policy's folder. Its error says what is missing.
func Secrets(dir string) func(*policy.Auth) (string, error) {
	return func(a *policy.Auth) (string, error) {
		from := a.Secret()
		if env := from.Env.Text; env != "" {
			if value, ok := os.LookupEnv(env); ok {
				return strings.TrimSpace(value), nil
			}
			return "", fmt.Errorf("it needs a secret: set the environment variable %s", env)
		}
		path := from.File.Text
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		value, err := readSecret(path)
		if err != nil {
			return "", fmt.Errorf("it needs a secret: %w", err)
		}
		return strings.TrimSpace(value), nil
	}
}

// mostSecret is the maximum size of a file with a secret: 64 KiB, more than servers
// accept in a header.
const mostSecret = 64 << 10

// readSecret reads a regular file. What else there may be is read once, or never ends.
func readSecret(path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", cmp.Or(err, fmt.Errorf("%s is not a regular file", path))
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	value, err := io.ReadAll(io.LimitReader(f, mostSecret+1))
	if err == nil && len(value) > mostSecret {
		err = fmt.Errorf("%s is larger than %d KiB; give a file that has only the secret", path, mostSecret>>10)
	}
	return string(value), err
}

// mostCookie is the maximum length of a cookie's name and value, in bytes: section 5.6 of
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis.
const mostCookie = 4096

// secrets are those that the cases of a check need, and what keeps them out of what the
// check says. Safe for concurrent use.
type secrets struct {
	lookup func(*policy.Auth) (string, error) // see [Config].Secret
	redaction
}

// fill returns the case with the secrets that it needs. The error says what it lacks.
func (s *secrets) fill(pc *catalog.PolicyCase) (catalog.PolicyCase, error) {
	ready := *pc
	for i := range pc.Steps {
		auth := pc.Steps[i].Auth
		if auth == nil {
			continue
		}
		if s.lookup == nil {
			return ready, errors.New("it needs a secret, but none was given")
		}
		secret, err := s.lookup(auth)
		if err != nil {
			return ready, err
		}
		if err := s.add(secret); err != nil {
			return ready, err
		}
		switch {
		case auth.Cookie == nil:
		case strings.IndexFunc(secret, func(c rune) bool { return c == ';' || c > '~' }) >= 0:
			return ready, errors.New("its secret has a semicolon or a non-ASCII character, which browsers do not send in cookies; correct the secret")
		case len(auth.Cookie.Name.Text)+len(secret) > mostCookie:
			return ready, fmt.Errorf("its secret makes a cookie of more than %d bytes, which browsers reject; use a shorter secret", mostCookie)
		}
		ready = ready.WithSecret(fetch.IsomorphicDecode([]byte(secret))) // its bytes
	}
	return ready, nil
}

package check

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
)

// An authService is asked by a gateway whether a request may pass, in the place of the
// user's own: it says no to a request that has none of what the policy's routes
// authenticate by, and yes to every other. It has an address of its own, so that no
// case's script answers for it. Safe for concurrent use; whoever made it closes it.
type authService struct {
	path   string
	server *http.Server
	served chan struct{}
}

// newAuthService starts one whose socket is in dir.
func newAuthService(dir string, view *policy.View) (*authService, error) {
	s := &authService{path: filepath.Join(dir, "auth.sock"), served: make(chan struct{})}
	ln, err := net.Listen("unix", s.path)
	if err != nil {
		return nil, fmt.Errorf("start the auth service: %w", err)
	}
	// A gateway may run as another user.
	if err := os.Chmod(s.path, 0o666); err != nil {
		return nil, errors.Join(fmt.Errorf("start the auth service: %w", err), ln.Close())
	}
	s.server = &http.Server{Handler: authHandler(view)}
	go func() {
		defer close(s.served)
		s.server.Serve(ln)
	}()
	return s, nil
}

func (s *authService) address() wire.Address { return wire.Address{Network: "unix", Address: s.path} }

func (s *authService) close() error {
	err := s.server.Close()
	<-s.served
	return err
}

// authHandler says who may pass.
func authHandler(view *policy.View) http.HandlerFunc {
	var all []*policy.Auth
	for _, e := range view.Routes {
		if e.Auth != nil {
			all = append(all, e.Auth)
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		for _, a := range all {
			if carries(r, a) {
				return
			}
		}
		if len(all) > 0 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

// carries reports whether a request has what somebody authenticates by.
func carries(r *http.Request, a *policy.Auth) bool {
	switch {
	case a.Bearer != nil:
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		return strings.EqualFold(scheme, "bearer") && token != ""
	case a.APIKey != nil:
		return r.Header.Get(a.APIKey.Header.Text) != ""
	case a.Cookie != nil:
		cookie, err := r.Cookie(a.Cookie.Name.Text)
		return err == nil && cookie.Value != ""
	}
	return false
}

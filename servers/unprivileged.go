package servers

import (
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/corsproof/corsproof/harness/process"
)

// Unprivileged returns whom a server runs as that must not be root, as
// PostgreSQL, or needn't: nobody if we are root, else ourselves (nil).
func Unprivileged() (*process.Owner, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("running as root requires the user nobody, as which PostgreSQL and nginx run: %w", err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return nil, err
	}
	return &process.Owner{UID: uid, GID: gid}, nil
}

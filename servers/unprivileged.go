package servers

import (
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/corsproof/corsproof/harness/process"
)

// Unprivileged returns the user for servers that must not run as root, such as
// PostgreSQL, or need not: nobody if this process runs as root, otherwise its own user
// (nil).
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

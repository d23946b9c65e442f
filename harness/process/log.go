package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// logFolder is where the log files are in the run's folder.
const logFolder = "logs"

// logLimit is how much of a log's end is read: enough for any message, little
// enough for memory. The file itself is not limited.
const logLimit = 1 << 20

// openLog makes the log file of a child. It belongs to the child's owner,
// because some programs open /dev/stderr again by its name.
func (r *Run) openLog(name string, owner *Owner) (*os.File, error) {
	dir := filepath.Join(r.Dir(), logFolder)
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	file := name + ".log"
	for n := 2; ; n++ {
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_RDWR, 0o600)
		if errors.Is(err, os.ErrExist) {
			file = name + "-" + strconv.Itoa(n) + ".log"
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("make the log file: %w", err)
		}
		if !owner.ours() {
			if err := f.Chown(owner.UID, owner.GID); err != nil {
				f.Close()
				return nil, fmt.Errorf("give the log file to uid %d: %w", owner.UID, err)
			}
		}
		return f, nil
	}
}

// Log returns the child's output so far, at most the last MiB. It is nil once the run is
// closed.
func (c *Child) Log() []byte {
	f, err := os.Open(c.log)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logLimit {
		f.Seek(-logLimit, io.SeekEnd)
	}
	raw, _ := io.ReadAll(io.LimitReader(f, logLimit))
	return raw
}

// LogTail returns the last n lines of the log, without a newline at the end.
func (c *Child) LogTail(n int) string {
	lines := strings.Split(string(bytes.TrimRight(c.Log(), "\n")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// A processID names a process for as long as the machine runs: pids are given
// again, a pid together with its start time is not.
type processID struct {
	PID int `json:"pid"`
	// Start is field 22 of /proc/PID/stat: clock ticks after boot.
	Start uint64 `json:"start"`
}

// A process is one line of the process table, as /proc/PID/stat had it.
type process struct {
	processID
	Parent, Group, Session int
	// Terminal is the controlling terminal's device number, 0 for none.
	Terminal int
	State    byte
	Threads  int
	// Comm is the kernel's short name for the program.
	Comm string
}

// live reports whether the process still runs code. A zombie does not; one
// whose first thread ended before the others does.
func (p process) live() bool {
	switch p.State {
	case 'Z':
		return p.Threads > 1
	case 'X', 'x':
		return false
	}
	return true
}

// readProcess returns the live or dead entry of pid in the process table, and
// false if there is none.
func readProcess(pid int) (process, bool) {
	var line [1024]byte // the longest possible one has about 400
	n, err := readOnce(procPath(pid, "stat"), line[:])
	if err != nil {
		return process{}, false
	}
	p, err := parseStat(line[:n])
	return p, err == nil
}

// readOnce reads path into to in one call. It is what most of the time of a
// search goes into, and takes a third of the calls that [os.ReadFile] makes.
func readOnce(path string, to []byte) (int, error) {
	fd, err := openRetry(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(fd)
	return syscall.Read(fd, to)
}

// parseStat reads a line of the form "pid (comm) state ppid …". The comm may
// hold spaces and brackets, so the fields are counted from its last bracket.
func parseStat(stat []byte) (process, error) {
	open, shut := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 1 || shut < open {
		return process{}, fmt.Errorf("parse process status %q: no name in brackets", stat)
	}
	fields := strings.Fields(string(stat[shut+1:])) // fields[0] is field 3 of proc(5)
	if len(fields) < 20 {
		return process{}, fmt.Errorf("parse process status %q: %d fields after the name, want 20", stat, len(fields))
	}
	var errs []error
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		errs = append(errs, err)
		return n
	}
	natural := func(text string) uint64 {
		n, err := strconv.ParseUint(text, 10, 64)
		errs = append(errs, err)
		return n
	}
	p := process{
		processID: processID{PID: number(string(bytes.TrimSpace(stat[:open]))), Start: natural(fields[19])},
		State:     fields[0][0],
		Parent:    number(fields[1]),
		Group:     number(fields[2]),
		Session:   number(fields[3]),
		Terminal:  number(fields[4]),
		Threads:   number(fields[17]),
		Comm:      string(stat[open+1 : shut]),
	}
	return p, errors.Join(errs...)
}

// A table is the process table as it was within a few milliseconds: entries
// are read one after the other, so a child may be there without its parent.
type table map[int]process

// readTable reads the whole process table. Processes that vanish meanwhile are
// left out; only an unreadable /proc is an error.
func readTable() (table, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil && len(names) == 0 {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	all := make(table, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid); ok {
			all[pid] = p
		}
	}
	return all, nil
}

// lives reports whether exactly this process is in the table and alive.
func (t table) lives(id processID) bool {
	p, ok := t[id.PID]
	return ok && p.Start == id.Start && p.live()
}

// ancestors returns the processes above pid, nearest first, pid itself not
// included.
func (t table) ancestors(pid int) []processID {
	var above []processID
	for p, ok := t[pid]; ok; {
		parent, found := t[p.Parent]
		if !found || parent.PID == p.PID || len(above) > len(t) {
			break
		}
		above = append(above, parent.processID)
		p = parent
	}
	return above
}

// lives reports whether exactly this process is alive now.
func (id processID) lives() bool {
	p, ok := readProcess(id.PID)
	return ok && p.Start == id.Start && p.live()
}

// signal sends sig to exactly this process: the handle is a pidfd where the
// kernel has them, so a pid given again between the check and the signal is
// not hit. A process that has ended is no error.
func (id processID) signal(sig os.Signal) error {
	handle, err := os.FindProcess(id.PID)
	if err != nil {
		return fmt.Errorf("signal process %d: %w", id.PID, err)
	}
	defer handle.Release()
	if !id.lives() {
		return nil
	}
	err = handle.Signal(sig)
	if err == nil || errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return fmt.Errorf("send %v to process %d: %w", sig, id.PID, err)
}

// userID returns the effective user id of pid. The folder /proc/PID would not
// do: it belongs to root when the process is not dumpable, as sandboxed
// renderers are not.
func userID(pid int) (int, bool) {
	status, err := os.ReadFile(procPath(pid, "status"))
	if err != nil {
		return 0, false
	}
	_, line, ok := bytes.Cut(status, []byte("\nUid:"))
	if !ok {
		return 0, false
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	fields := strings.Fields(string(line)) // real, effective, saved, file system
	if len(fields) < 2 {
		return 0, false
	}
	uid, err := strconv.Atoi(fields[1])
	return uid, err == nil
}

// commandLine returns the arguments of pid joined by spaces, empty for a
// kernel thread or a process that has gone.
func commandLine(pid int) string {
	raw, err := os.ReadFile(procPath(pid, "cmdline"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(raw, []byte{0}, []byte{' '})))
}

// closesOnExec reports whether the open file fd of pid has the flag O_CLOEXEC,
// as each has that Go opened. It is true also if nobody can say any more.
func closesOnExec(pid int, fd string) bool {
	info, err := os.ReadFile(procPath(pid, "fdinfo/"+fd))
	if err != nil {
		return true
	}
	_, line, ok := strings.Cut(string(info), "flags:")
	fields := strings.Fields(line)
	if !ok || len(fields) == 0 {
		return true
	}
	flags, err := strconv.ParseUint(fields[0], 8, 64)
	return err != nil || flags&syscall.O_CLOEXEC != 0
}

// ticksNow is the present in the unit of process start times. Both are cut
// down to hundredths of a second, so what starts later never has less.
func ticksNow() (uint64, error) {
	raw, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, fmt.Errorf("read the time since boot: %w", err)
	}
	text, _, _ := strings.Cut(string(raw), " ")
	ticks, err := strconv.ParseUint(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the time since boot: %w", err)
	}
	return ticks, nil
}

func procPath(pid int, name string) string {
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}

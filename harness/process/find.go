package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Trace says how a process was recognized as one of a run.
type Trace int

// The traces, strongest first. A process is reported with the first one that applies.
const (
	// ByRecord means that the state file has its pid and start time.
	ByRecord Trace = iota
	// ByGroup means that it is in the process group of a recorded child.
	ByGroup
	// ByDescent means that a living process of the run started it.
	ByDescent
	// ByCommandLine means that its arguments contain the run's folder.
	ByCommandLine
	// ByWorkingFolder means that its working folder is in the run's folder.
	ByWorkingFolder
	// ByProgram means that its program file is in the run's folder.
	ByProgram
	// ByOpenFile means that it has a file of the run's folder open.
	ByOpenFile
)

var traceNames = [...]string{"recorded", "process group", "descent", "command line", "working folder", "program file", "open file"}

// String returns the trace in words.
func (t Trace) String() string {
	if t < 0 || int(t) >= len(traceNames) {
		return fmt.Sprintf("Trace(%d)", int(t))
	}
	return traceNames[t]
}

// A Found is a living process of a run.
type Found struct {
	PID int
	// Name is the name of a recorded child, otherwise the kernel's short name.
	Name string
	// Command is the command line, which the process may have overwritten.
	Command string
	By      Trace

	id    processID
	group int // of which it is known to be ours, else 0
}

// String returns one line for a person.
func (f Found) String() string {
	return fmt.Sprintf("%s (pid %d, known by %s): %s", f.Name, f.PID, f.By, f.Command)
}

// find returns the live processes of the run whose folder is dir, by pid. It
// changes nothing; what vanishes while it looks is left out. The package
// comment says what belongs to a run.
func (s state) find(dir string) ([]Found, error) {
	l, err := s.look(dir)
	if err != nil || l.reach == reachNone {
		return nil, err
	}
	l.family()
	for l.traces() && l.descendants() {
		// A descendant that was found can make another one's parent known.
	}
	return l.result(), nil
}

// family returns the live processes of the recorded children alone: they
// themselves, their groups and their descendants.
func (s state) family() ([]Found, error) {
	l, err := s.look("")
	if err != nil {
		return nil, err
	}
	l.family()
	return l.result(), nil
}

// A look is one search for the processes of one run.
type look struct {
	state state
	dir   string
	reach reach
	table table
	found map[int]Found
	// shielded are this process, the owner, and the ancestors of both.
	shielded map[int]bool
	// ownerAncestors are those of them that an orphan can be handed to.
	ownerAncestors map[int]bool
}

// look reads the process table for a search.
func (s state) look(dir string) (*look, error) {
	reach, err := s.reach()
	if err != nil || reach == reachNone {
		return &look{reach: reach}, err
	}
	all, err := readTable()
	if err != nil {
		return nil, err
	}
	l := &look{
		state: s, dir: dir, reach: reach, table: all,
		found: map[int]Found{}, shielded: map[int]bool{}, ownerAncestors: map[int]bool{},
	}
	l.shield()
	return l, nil
}

// result returns what was found and still lives.
func (l *look) result() []Found {
	found := make([]Found, 0, len(l.found))
	for _, f := range l.found {
		f.Command = commandLine(f.PID)
		if f.id.lives() {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b Found) int { return a.PID - b.PID })
	return found
}

func (l *look) shield() {
	self := os.Getpid()
	l.shielded[self] = true
	for _, id := range l.table.ancestors(self) {
		l.shielded[id.PID] = true
	}
	if l.reach != reachAll {
		return
	}
	if l.table.lives(l.state.Owner.processID) {
		l.shielded[l.state.Owner.PID] = true
	}
	for _, id := range l.state.Owner.Ancestors {
		if l.table.lives(id) {
			l.shielded[id.PID] = true
			l.ownerAncestors[id.PID] = true
		}
	}
}

func (l *look) add(p process, name string, by Trace) bool {
	if _, have := l.found[p.PID]; have || l.shielded[p.PID] || !p.live() {
		return false
	}
	l.found[p.PID] = Found{PID: p.PID, Name: name, By: by, id: p.processID}
	return true
}

// family adds the recorded children, their groups and their descendants. Pids
// must mean something here.
func (l *look) family() {
	if l.reach != reachAll {
		return
	}
	l.records()
	l.groups()
	l.descendants()
}

// records adds the recorded children.
func (l *look) records() {
	for _, r := range l.state.Children {
		if p, ok := l.table[r.PID]; ok && p.Start == r.Start && l.add(p, r.Name, ByRecord) {
			f := l.found[p.PID]
			f.group = r.Group
			l.found[p.PID] = f
		}
	}
}

// groups adds the members of recorded groups. The kernel gives a group's
// number to nobody while it has a member; once it had none, the number can be
// that of a stranger's group, whose leader is another process or whose session
// is another one.
func (l *look) groups() {
	for _, r := range l.state.Children {
		if r.Group == 0 {
			continue
		}
		if leader, ok := l.table[r.Group]; ok && leader.Start != r.Start {
			continue
		}
		for _, p := range l.table {
			if p.Group == r.Group && p.Session == r.Session && p.Start >= r.Start && l.add(p, p.Comm, ByGroup) {
				f := l.found[p.PID]
				f.group = r.Group
				l.found[p.PID] = f
			}
		}
	}
}

// descendants adds what processes of the run started, and reports whether it
// added any.
func (l *look) descendants() bool {
	added := false
	for again := true; again; {
		again = false
		for _, p := range l.table {
			parent, ok := l.found[p.Parent]
			if ok && p.Start >= parent.id.Start && l.add(p, p.Comm, ByDescent) {
				added, again = true, true
			}
		}
	}
	return added
}

// traces adds what is known by the run's folder alone, and reports whether it
// added any.
func (l *look) traces() bool {
	added := false
	for pid, p := range l.table {
		if _, have := l.found[pid]; have || l.shielded[pid] || p.Start < l.state.Began || !p.live() {
			continue
		}
		if uid, ok := userID(pid); !ok || !l.state.hasUserID(uid) {
			continue
		}
		by, ok := l.trace(p)
		if ok && !l.foreign(p) && l.add(p, p.Comm, by) {
			added = true
		}
	}
	return added
}

// trace looks for the run's folder in what the kernel tells about p.
func (l *look) trace(p process) (Trace, bool) {
	if raw, err := os.ReadFile(procPath(p.PID, "cmdline")); err == nil && strings.Contains(string(raw), l.dir) {
		return ByCommandLine, true
	}
	if l.leadsIn(procPath(p.PID, "cwd")) {
		return ByWorkingFolder, true
	}
	if l.leadsIn(procPath(p.PID, "exe")) {
		return ByProgram, true
	}
	return ByOpenFile, l.holds(p)
}

// holds reports whether p has a file of the run's folder open. A child that is
// about to execute its program has copies of all files of its parent's. So for
// a child of the owner's, which may be starting for another run, and of the
// other shielded processes, which may be reading a log, only such files count
// as stay open in a new program. Process 1 is left out of this: what it has for
// a child is an orphan.
func (l *look) holds(p process) bool {
	staying := l.shielded[p.Parent] && p.Parent != 1
	dir, err := os.Open(procPath(p.PID, "fd"))
	if err != nil {
		return false // gone, or not ours to see
	}
	names, _ := dir.Readdirnames(-1)
	dir.Close()
	for _, fd := range names {
		if l.leadsIn(procPath(p.PID, "fd/"+fd)) && !(staying && closesOnExec(p.PID, fd)) {
			return true
		}
	}
	return false
}

// leadsIn reports whether the link leads to the run's folder or into it.
func (l *look) leadsIn(link string) bool {
	to, err := os.Readlink(link)
	if err != nil {
		return false
	}
	rest, ok := strings.CutPrefix(to, l.dir)
	return ok && (rest == "" || rest[0] == '/' || rest == " (deleted)")
}

// foreign reports whether p, which is known by the folder alone, is somebody
// else's work: a person who reads a log, not an orphan of the run.
func (l *look) foreign(p process) bool {
	for q := p; ; {
		if q.Terminal != 0 && q.Session != l.state.Owner.Session {
			return true // on another terminal
		}
		parent, ok := l.table[q.Parent]
		switch {
		case ok && parent.processID == l.state.Owner.processID:
			return false
		case !ok || parent.PID == 1 || l.ownerAncestors[parent.PID]:
			// Started by its parent, or orphaned and handed to it.
			job := ok && parent.PID != 1 && q.Terminal != 0 && q.Session == parent.Session
			return job || q.Start < l.state.Began
		case l.shielded[parent.PID]:
			return true // started by the process that asks, or above it
		}
		if _, ours := l.found[parent.PID]; ours {
			return false
		}
		q = parent
	}
}

package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	stateFile   = "state.json"
	stateSchema = "corsproof.run/1"
)

// A state is what a run's folder says about it to other processes.
type state struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	// Boot and Namespace say where the pids below mean something: the kernel's
	// boot id, and its pid namespace.
	Boot      string `json:"boot"`
	Namespace string `json:"namespace"`
	Owner     owner  `json:"owner"`
	// Began is the time of the folder, in ticks. No process of the run is older.
	Began uint64 `json:"began"`
	// UserIDs are those that processes of the run have. If root is among them
	// a process of the run can have any.
	UserIDs  []int    `json:"user_ids"`
	Children []record `json:"children"`
}

// An owner is the process that made the run.
type owner struct {
	processID
	Session int `json:"session"`
	// Ancestors are the processes above it when the run began. An orphan of
	// the run is handed to one of them, or to process 1.
	Ancestors []processID `json:"ancestors"`
}

// A record is a child as the state file has it.
type record struct {
	Name string `json:"name"`
	processID
	// Group is its process group, which it leads, or 0 if it leads none.
	Group   int `json:"group"`
	Session int `json:"session"`
}

// newState describes a run of this process that begins now.
func newState(id string) (state, error) {
	began, err := ticksNow()
	if err != nil {
		return state{}, err
	}
	all, err := readTable()
	if err != nil {
		return state{}, err
	}
	self, ok := all[os.Getpid()]
	if !ok {
		return state{}, errNotInProc
	}
	boot, namespace, err := here()
	if err != nil {
		return state{}, err
	}
	return state{
		Schema: stateSchema, ID: id, Boot: boot, Namespace: namespace, Began: began, UserIDs: []int{os.Geteuid()},
		Owner: owner{processID: self.processID, Session: self.Session, Ancestors: all.ancestors(self.PID)},
	}, nil
}

var errNotInProc = errors.New("read the process table: a process of ours is not in it; mount the /proc of this pid namespace")

// here returns the kernel's boot id and this process's pid namespace.
func here() (boot, namespace string, err error) {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", "", fmt.Errorf("read the boot id: %w", err)
	}
	namespace, err = os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", "", fmt.Errorf("read the pid namespace: %w", err)
	}
	return strings.TrimSpace(string(raw)), namespace, nil
}

// A reach says what this process can know of another run's processes.
type reach int

const (
	reachAll    reach = iota // same boot, same pid namespace
	reachFolder              // another pid namespace: pids mean nothing, the folder still shows
	reachNone                // before the last boot: nothing of it can live
)

func (s state) reach() (reach, error) {
	boot, namespace, err := here()
	switch {
	case err != nil:
		return 0, err
	case s.Boot != boot:
		return reachNone, nil
	case s.Namespace != namespace:
		return reachFolder, nil
	}
	return reachAll, nil
}

// readState reads the state file of the run folder dir. The error is
// [fs.ErrNotExist] if it has none.
func readState(dir string) (state, error) {
	path := filepath.Join(dir, stateFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return state{}, fmt.Errorf("read the run's state: %w", err)
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return state{}, fmt.Errorf("read the run's state %s: %w", path, err)
	}
	if s.Schema != stateSchema {
		return state{}, fmt.Errorf("read the run's state %s: schema %q, want %q; another version of this program made it: remove the folder once its processes have ended", path, s.Schema, stateSchema)
	}
	return s, nil
}

// write replaces the state file of dir in one step: a reader sees the old one
// or the new one. Calls for one folder must not overlap.
func (s state) write(dir string) error {
	raw, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("write the run's state: %w", err)
	}
	path := filepath.Join(dir, stateFile)
	next := path + ".new"
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return fmt.Errorf("write the run's state: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write the run's state: %w", err)
	}
	return nil
}

func (s state) hasUserID(uid int) bool {
	return slices.Contains(s.UserIDs, 0) || slices.Contains(s.UserIDs, uid)
}

func (s *state) addUserID(uid int) {
	if !slices.Contains(s.UserIDs, uid) {
		s.UserIDs = append(s.UserIDs, uid)
	}
}

func (s *state) remove(id processID) {
	s.Children = slices.DeleteFunc(s.Children, func(r record) bool { return r.processID == id })
}

// clone returns a copy that later changes of s don't reach.
func (s state) clone() state {
	s.UserIDs = slices.Clone(s.UserIDs)
	s.Children = slices.Clone(s.Children)
	return s
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

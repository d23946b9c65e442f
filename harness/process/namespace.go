package process

import (
	"strings"
	"syscall"
)

// Namespaces is a set of kinds of kernel namespaces, see namespaces(7). A namespace is
// removed with its last process, in whatever way that ends.
type Namespaces uintptr

const (
	// NamespaceMount is a mount table that begins as a copy of the parent's. The program
	// has to make its mounts private before it mounts, or it mounts for all processes.
	NamespaceMount Namespaces = syscall.CLONE_NEWNS
	// NamespaceNetwork has only a loopback interface, which is down.
	NamespaceNetwork Namespaces = syscall.CLONE_NEWNET
	// NamespacePID makes the child process 1 of a new process table: when it dies the
	// kernel kills all its descendants. The program has to mount /proc again to see that
	// table.
	NamespacePID Namespaces = syscall.CLONE_NEWPID
)

// String returns the kinds, as in "namespaces (mount, pid)".
func (n Namespaces) String() string {
	var names []string
	for _, kind := range []struct {
		flag Namespaces
		name string
	}{{NamespaceMount, "mount"}, {NamespaceNetwork, "network"}, {NamespacePID, "pid"}} {
		if n&kind.flag != 0 {
			names = append(names, kind.name)
		}
	}
	return "namespaces (" + strings.Join(names, ", ") + ")"
}

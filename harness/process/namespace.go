package process

import (
	"strings"
	"syscall"
)

// Namespaces is a set of kinds of kernel namespaces, see namespaces(7). What is
// in a namespace ends with the last process in it, however that one dies.
type Namespaces uintptr

const (
	// NamespaceMount is a mount table that begins as a copy of the parent's. The
	// program has to make its mounts private before it mounts, or it mounts for
	// everybody.
	NamespaceMount Namespaces = syscall.CLONE_NEWNS
	// NamespaceNetwork has a loopback interface, which is down, and nothing else.
	NamespaceNetwork Namespaces = syscall.CLONE_NEWNET
	// NamespacePID makes the child process 1 of a process table of its own: when
	// it dies the kernel kills all that descend from it, escaped or not. The
	// program has to mount /proc anew to see that table.
	NamespacePID Namespaces = syscall.CLONE_NEWPID
)

// String names the kinds, as in "namespaces (mount, pid)".
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

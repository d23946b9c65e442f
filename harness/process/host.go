package process

import (
	"os"
	"strings"
)

// Host says where a run's folder and its pids mean something: the kernel's boot
// id, and the pid namespace. What belongs to a run and lives elsewhere, such as in
// an engine, is marked with both. It is empty if the kernel doesn't tell: then
// nothing of another run's is known to be dead.
func Host() string {
	boot, bootErr := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, namespaceErr := os.Readlink("/proc/self/ns/pid")
	if bootErr != nil || namespaceErr != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

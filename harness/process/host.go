package process

import (
	"os"
	"strings"
)

// Host identifies where a run's folder and its pids are valid: the kernel's boot id, and
// the pid namespace. What belongs to a run but exists elsewhere, such as in a container
// engine, is labelled with both. It is empty if the kernel does not tell: then no other
// run is known to be dead.
func Host() string {
	boot, bootErr := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, namespaceErr := os.Readlink("/proc/self/ns/pid")
	if bootErr != nil || namespaceErr != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

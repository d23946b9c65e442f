package chromium

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Enforcement says whether a browser enforces CORS.
type Enforcement int

const (
	// EnforcementOn is a browser with its defaults; the zero value.
	EnforcementOn Enforcement = iota
	// EnforcementOff is a browser with --disable-web-security: a control that
	// never judges. The canary rejects it.
	EnforcementOff
)

func (e Enforcement) String() string {
	if e == EnforcementOff {
		return "off"
	}
	return "on"
}

// A flag is one switch of Chromium's command line: its name, and its value if it
// has one.
type flag struct{ name, value string }

func (f flag) String() string {
	if f.value == "" {
		return "--" + f.name
	}
	return "--" + f.name + "=" + f.value
}

// features that make Chromium call home or a page act by itself, or that start a
// process which no page here uses.
var disabledFeatures = []string{
	"CertificateTransparencyComponentUpdater",
	"DialMediaRouteProvider",
	"HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", // a page at http would be loaded from https
	"MediaRouter",
	"NetworkTimeServiceQuerying",
	"OptimizationHints",
	"SpareRendererForSitePerProcess", // each page has its own site here, and would start a process for the next
	"Translate",
	"WebUIOmniboxAimPopup", "WebUIOmniboxPopup", // pages of the address bar, which has no window
}

// homes are the domains that Chromium calls on its own account even so: for
// signed-in accounts and components on demand no switch was found. They go past
// the proxy, to a name that is never resolved, so nothing of it leaves the
// process.
var homes = []string{"*.google.com", "*.googleapis.com", "*.gvt1.com"}

// quietFlags keep Chromium from calling home, from asking questions, and from
// slowing pages that nobody looks at. None of them touches the network stack's
// judgement.
var quietFlags = []flag{
	{name: "headless"},
	{name: "no-first-run"},
	{name: "no-default-browser-check"},
	{name: "disable-background-networking"},
	{name: "disable-component-update"},
	{name: "disable-default-apps"},
	{name: "disable-domain-reliability"},
	{name: "disable-extensions"},
	{name: "disable-sync"},
	{name: "disable-breakpad"},
	{name: "disable-crash-reporter"},
	{name: "disable-client-side-phishing-detection"},
	{name: "disable-background-timer-throttling"},
	{name: "disable-backgrounding-occluded-windows"},
	{name: "disable-renderer-backgrounding"},
	{name: "disable-hang-monitor"},
	{name: "disable-features", value: strings.Join(disabledFeatures, ",")},
	{name: "metrics-recording-only"},
	{name: "no-pings"},
	{name: "password-store", value: "basic"},
	{name: "use-mock-keychain"},
	{name: "disable-dev-shm-usage"},
	{name: "disable-gpu"},
	{name: "disable-software-rasterizer"}, // nor a process that would draw in its place
	{name: "mute-audio"},
	{name: "hide-scrollbars"},
	{name: "lang", value: "en-US"},
	{name: "window-size", value: "1280,800"},
}

// launchFlags returns the whole command line of a browser.
func launchFlags(profile, proxy, pin string, enforcement Enforcement, sandbox string) []flag {
	flags := append([]flag(nil), quietFlags...)
	flags = append(flags,
		flag{name: "user-data-dir", value: profile},
		flag{name: "proxy-server", value: "socks5://" + proxy},
		// Chromium goes past a proxy for loopback addresses unless told not to.
		flag{name: "proxy-bypass-list", value: "<-loopback>;" + strings.Join(homes, ";")},
		flag{name: "host-resolver-rules", value: "MAP " + strings.Join(homes, " ^NOTFOUND, MAP ") + " ^NOTFOUND"},
	)
	if pin != "" {
		flags = append(flags, flag{name: "ignore-certificate-errors-spki-list", value: pin})
	}
	if sandbox != sandboxOn {
		flags = append(flags, flag{name: "no-sandbox"})
	}
	if enforcement == EnforcementOff {
		flags = append(flags, flag{name: "disable-web-security"})
	}
	return flags
}

const sandboxOn = "on"

// appArmorSwitch is where Ubuntu takes from user namespaces what a sandbox needs.
const appArmorSwitch = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

// sandboxState returns [sandboxOn], or why the browser at path can't have a
// sandbox here.
func sandboxState(path string) string {
	if os.Geteuid() == 0 {
		return "off: it runs as root"
	}
	if helper, err := os.Stat(filepath.Join(filepath.Dir(path), "chrome-sandbox")); err == nil && helper.Mode()&os.ModeSetuid != 0 {
		return sandboxOn
	}
	if value, err := os.ReadFile(appArmorSwitch); err == nil && strings.TrimSpace(string(value)) == "1" {
		return "off: no user namespaces (" + appArmorSwitch + " is 1)"
	}
	probe := exec.Command(path, "--version")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	if err := probe.Start(); err != nil {
		return fmt.Sprintf("off: no user namespaces (%v)", err)
	}
	probe.Process.Kill()
	probe.Wait()
	return sandboxOn
}

// runningFlags returns the command line of a process as the kernel knows it,
// without the program.
func runningFlags(pid int) ([]string, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil, fmt.Errorf("read the flags of the running browser: %w", err)
	}
	args := strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00")
	if len(args) == 1 {
		// Chromium rewrites its title with spaces in some processes.
		args = strings.Split(args[0], " --")
		for i := range args[1:] {
			args[i+1] = "--" + args[i+1]
		}
	}
	return args[1:], nil
}

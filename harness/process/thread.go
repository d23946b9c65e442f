package process

import (
	"runtime"
	"sync"
	"syscall"
)

// SysProcAttr returns the attributes for a child that a library starts: its own process
// group, and SIGKILL when the thread that forked it exits. The library must keep that
// thread, as chromedp v0.23 does by locking the goroutine that starts and awaits the
// browser; otherwise the child dies at any time for no visible reason. Pass its pid to
// [Run.Register] at once.
func SysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// onLauncher calls do on the launcher, a thread that lasts as long as this
// process, and returns when it has. The kernel sends the parent-death signal
// when the thread that forked ends, not the process, and the Go runtime ends a
// thread whenever a goroutine returns that was locked to it
// (https://go.dev/issue/27505). The launcher is locked to a goroutine that
// never returns. Calls run one after the other.
func onLauncher(do func()) {
	done := make(chan struct{})
	launcher() <- func() {
		defer close(done)
		do()
	}
	<-done
}

var launcher = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread() // and never unlock
		for do := range work {
			do()
		}
	}()
	return work
})

package container

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A namespace is a network namespace of another process's. It lives at least as
// long as it is open here.
type namespace struct{ file *os.File }

func openNetwork(pid int) (*namespace, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, fmt.Errorf("open the engine's network namespace: %w", err)
	}
	return &namespace{file}, nil
}

// enter calls do on a thread that is in the namespace. The thread ends with the
// call: it belongs to a goroutine that never unlocks it. A socket stays in the
// namespace that it was made in, whoever uses it.
func (n *namespace) enter(do func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter the engine's network namespace: %w", err)
			return
		}
		done <- do()
	}()
	return <-done
}

// dial calls an address, of numbers alone: a name would be looked up elsewhere.
func (n *namespace) dial(ctx context.Context, address string) (conn net.Conn, err error) {
	err = n.enter(func() (err error) {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
		return err
	})
	return conn, err
}

// loopbackUp does what ip link set lo up does.
func (n *namespace) loopbackUp() error {
	err := n.enter(func() error {
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(socket)
		loopback, err := unix.NewIfreq("lo")
		if err != nil {
			return err
		}
		loopback.SetUint16(unix.IFF_UP)
		return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback)
	})
	if err != nil {
		return fmt.Errorf("set up loopback in the engine's network namespace: %w", err)
	}
	return nil
}

func (n *namespace) close() { n.file.Close() }

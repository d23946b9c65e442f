package netns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/corsproof/corsproof/harness/process"
)

// Missing says what this process lacks for creating namespaces, and how to get it. It is
// empty if nothing is missing.
func Missing() string {
	if os.Geteuid() != 0 {
		return "it needs root: network namespaces and their rules are root's to make"
	}
	for _, need := range []struct{ program, pkg string }{{"ip", "iproute2"}, {"nft", "nftables"}} {
		if _, err := exec.LookPath(need.program); err != nil {
			return fmt.Sprintf("the program %s is missing; install it with: apt-get install %s", need.program, need.pkg)
		}
	}
	return ""
}

// A Namespace is a network namespace with a name. All methods may be called concurrently.
// It is removed with its run.
type Namespace struct {
	// Name is the name that `ip netns` shows.
	Name string

	run   *process.Run
	links atomic.Int32
	calls atomic.Int32
}

// New creates a namespace with only a loopback interface.
func New(ctx context.Context, run *process.Run, label string) (*Namespace, error) {
	name, err := run.Namespace(label)
	if err != nil {
		return nil, err
	}
	n := &Namespace{Name: name, run: run}
	if err := n.ip(ctx, "netns", "add", name); err != nil {
		return nil, fmt.Errorf("make namespace %s: %w", label, err)
	}
	if err := n.ip(ctx, "-n", name, "link", "set", "lo", "up"); err != nil {
		return nil, fmt.Errorf("make namespace %s: %w", label, err)
	}
	return n, nil
}

// Link connects two namespaces with a virtual cable, and assigns each end its address
// with the prefix length of the network, as in "10.111.1.2/24".
func Link(ctx context.Context, a *Namespace, addressA string, b *Namespace, addressB string) error {
	endA, endB := fmt.Sprintf("veth%d", a.links.Add(1)), fmt.Sprintf("veth%d", b.links.Add(1))
	for _, args := range [][]string{
		{"link", "add", endA, "netns", a.Name, "type", "veth", "peer", "name", endB, "netns", b.Name},
		{"-n", a.Name, "address", "add", addressA, "dev", endA},
		{"-n", b.Name, "address", "add", addressB, "dev", endB},
		{"-n", a.Name, "link", "set", endA, "up"},
		{"-n", b.Name, "link", "set", endB, "up"},
	} {
		if err := a.ip(ctx, args...); err != nil {
			return fmt.Errorf("link %s and %s: %w", a.Name, b.Name, err)
		}
	}
	return nil
}

// Gateway sets the default route of the namespace to the address.
func (n *Namespace) Gateway(ctx context.Context, address string) error {
	if err := n.ip(ctx, "-n", n.Name, "route", "add", "default", "via", address); err != nil {
		return fmt.Errorf("gateway of %s: %w", n.Name, err)
	}
	return nil
}

// A Forwarding says whether a namespace forwards packets for other addresses.
type Forwarding string

const (
	ForwardingOff Forwarding = "0"
	ForwardingOn  Forwarding = "1"
)

// Forward sets the namespace's forwarding. It is off in a new namespace.
func (n *Namespace) Forward(f Forwarding) error {
	return n.do(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte(f), 0)
	})
}

// Rules passes the ruleset to nft in the namespace and returns the output of nft.
func (n *Namespace) Rules(ctx context.Context, ruleset string) (string, error) {
	dir, err := n.run.Mkdir("netns", nil)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.nft", n.Name, n.calls.Add(1)))
	if err := os.WriteFile(file, []byte(ruleset), 0o600); err != nil {
		return "", err
	}
	out, err := n.command(ctx, n.Wrap(process.Spec{Name: "nft", Path: "nft", Args: []string{"--json", "--file", file}}))
	if err != nil {
		return "", fmt.Errorf("rules of %s: %w", n.Name, err)
	}
	return out, nil
}

// Listen listens on a TCP address of the namespace. The listener works from
// anywhere in this process.
func (n *Namespace) Listen(address string) (ln net.Listener, err error) {
	err = n.do(func() error {
		ln, err = net.Listen("tcp", address)
		return err
	})
	return ln, err
}

// Dial calls an address from within the namespace. The host has to be an IP
// address: a name would be looked up elsewhere.
func (n *Namespace) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = n.do(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Wrap makes a child run within the namespace.
func (n *Namespace) Wrap(spec process.Spec) process.Spec {
	spec.Args = append([]string{"netns", "exec", n.Name, spec.Path}, spec.Args...)
	spec.Path = "ip"
	return spec
}

// do calls f on a thread that is in the namespace for so long.
func (n *Namespace) do(f func() error) error {
	done := make(chan error)
	go func() {
		done <- func() error {
			runtime.LockOSThread()
			home, err := os.Open("/proc/thread-self/ns/net")
			if err != nil {
				return err
			}
			defer home.Close()
			there, err := os.Open(filepath.Join(process.NamespaceFolder, n.Name))
			if err != nil {
				return err
			}
			defer there.Close()
			if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("enter namespace %s: %w", n.Name, err)
			}
			err = f()
			// A thread that can't go home stays locked, and ends with the goroutine.
			if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
				runtime.UnlockOSThread()
			}
			return err
		}()
	}()
	return <-done
}

func (n *Namespace) ip(ctx context.Context, args ...string) error {
	_, err := n.command(ctx, process.Spec{Name: "ip", Path: "ip", Args: args})
	return err
}

// command runs a program to its end and returns its output.
func (n *Namespace) command(ctx context.Context, spec process.Spec) (string, error) {
	spec.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	child, err := n.run.Start(ctx, spec)
	if err != nil {
		return "", err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), child.Stop(context.WithoutCancel(ctx)))
	}
	if err := child.Err(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", spec.Path, strings.Join(spec.Args, " "), err, child.LogTail(logLines))
	}
	return string(child.Log()), nil
}

// logLines is how much of a program's output an error shows.
const logLines = 6

package wire

import (
	"fmt"
	"net/netip"
	"sync"
	"syscall"
)

// A door is a loopback port where connections are refused: a socket has it, so
// that nobody else can, and does not listen.
type door struct {
	addr  string
	fd    int
	close sync.Once
}

func newDoor() (*door, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket that refuses: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("bind a socket that refuses: %w", err)
	}
	name, err := syscall.Getsockname(fd)
	bound, ok := name.(*syscall.SockaddrInet4)
	if err != nil || !ok {
		syscall.Close(fd)
		return nil, fmt.Errorf("read the port of a socket that refuses: %v", err)
	}
	return &door{addr: netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port)).String(), fd: fd}, nil
}

// Addr returns the address that refuses connections.
func (d *door) Addr() string { return d.addr }

// Close releases the port. It is idempotent.
func (d *door) Close() (err error) {
	d.close.Do(func() { err = syscall.Close(d.fd) })
	return err
}

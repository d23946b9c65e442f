package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// Lock takes the lock file path for this caller alone, among the goroutines of
// this process and among processes, and makes the file if need be. It waits
// until the lock is free or ctx ends; the error then wraps ctx's. The kernel
// frees the lock when its process dies, however it dies.
//
// The file stays: its removal would let two callers hold two locks of one
// name. release may be called more than once.
//
// The wait is the kernel's flock(2), which nothing interrupts. When ctx ends,
// Lock returns at once; the waiting thread stays until the lock is free, takes
// it, and frees it again.
func Lock(ctx context.Context, path string) (release func(), err error) {
	fd, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := flock(ctx, fd); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return sync.OnceFunc(func() { syscall.Close(fd) }), nil
}

// openLock opens path without O_CREAT first: in a sticky folder such as /tmp
// the kernel may refuse O_CREAT on a file of another user's, even to root
// (sysctl fs.protected_regular).
func openLock(path string) (int, error) {
	fd, err := openRetry(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if errors.Is(err, syscall.ENOENT) {
		return openRetry(path, syscall.O_RDONLY|syscall.O_CREAT|syscall.O_CLOEXEC, 0o644)
	}
	return fd, err
}

// flock waits until fd holds its lock alone. It takes fd over if it returns an
// error: the caller must not use or close it then.
func flock(ctx context.Context, fd int) error {
	err := tryFlock(fd, syscall.LOCK_EX)
	if err == nil {
		return nil
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		syscall.Close(fd)
		return err
	}
	if err := ctx.Err(); err != nil {
		syscall.Close(fd)
		return err
	}
	locked := make(chan error, 1)
	go func() { locked <- flockRetry(fd, syscall.LOCK_EX) }()
	select {
	case err := <-locked:
		if err != nil {
			syscall.Close(fd)
		}
		return err
	case <-ctx.Done():
		go func() {
			<-locked
			syscall.Close(fd)
		}()
		return ctx.Err()
	}
}

// tryFlock takes the lock how (LOCK_EX or LOCK_SH) if it is free, else the
// error is EWOULDBLOCK.
func tryFlock(fd, how int) error { return flockRetry(fd, how|syscall.LOCK_NB) }

func flockRetry(fd, how int) error {
	for {
		if err := syscall.Flock(fd, how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func openRetry(path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := syscall.Open(path, flags, mode)
		if !errors.Is(err, syscall.EINTR) {
			return fd, err
		}
	}
}

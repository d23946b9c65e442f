package adapter

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// MostRead is the maximum size of a file of a config: 16 MiB.
const MostRead = 16 << 20

// ReadRegular reads a file of a config; messages call it name. It refuses a pipe or a
// device, which might never end and cannot be read twice.
func ReadRegular(name, path string) ([]byte, error) {
	if path == os.DevNull {
		return nil, nil // as people name a file that is empty
	}
	// Looked at first: to open some devices is to do something with them.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type()&^fs.ModeDir != 0 {
		return nil, fmt.Errorf("%s: not a regular file; copy its content to one and use that", name)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // nor waits for the other end of what is a pipe by now
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MostRead+1))
	if err == nil && len(text) > MostRead {
		err = fmt.Errorf("%s: exceeds the limit of %d MiB", name, MostRead>>20)
	}
	return text, err
}

// CopyOf returns where the copy of a config's file goes, relative to the place's folder,
// and appends the file's path to reads.
func CopyOf(path string, reads *[]string) string {
	i := slices.Index(*reads, path)
	if i < 0 {
		i = len(*reads)
		*reads = append(*reads, path)
	}
	return filepath.Join("read", fmt.Sprintf("%d-%s", i+1, filepath.Base(path)))
}

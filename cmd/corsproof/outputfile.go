package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An outputFile is a file that a flag names for a report. A regular file gives way
// to a new one, whole or not at all; a symbolic link stays, and what it leads to is
// written; a device or a pipe is written as it is.
type outputFile struct {
	flag string // with its dashes
	path string // as it was given
	// file is path with symbolic links followed; empty if nothing can be put in the
	// place of what is there, which is opened and written then.
	file string
	info fs.FileInfo // of what is there; nil if nothing is
}

// mostLinks is how many symbolic links are followed, as Linux does.
const mostLinks = 40

// findOutput finds where a report goes, and that it can be written there. It writes
// nothing. It returns nil if path is empty.
func findOutput(flag, path string) (*outputFile, error) {
	if path == "" {
		return nil, nil
	}
	o := &outputFile{flag: flag, path: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, o.fail("%w", reasonOf(err))
	case info.IsDir():
		return nil, o.fail("is a folder; give a file")
	case info.Mode()&fs.ModeSocket != 0, info.Mode().Type() == fs.ModeDevice:
		return nil, o.fail("is a socket or a disk; give a file")
	case info.Mode().IsRegular() && standardStream(info) == nil:
		o.info = info
	default:
		o.info = info
		return o, nil
	}
	if o.file, err = followLinks(path); err != nil {
		return nil, o.fail("%w", reasonOf(err))
	}
	f, err := o.temporary()
	if err != nil {
		return nil, o.fail("cannot write to the folder %s: %w", filepath.Dir(o.file), reasonOf(err))
	}
	return o, errors.Join(f.Close(), os.Remove(f.Name()))
}

// findAppended is findOutput for a file that a report is appended to: if it is there, its
// folder needn't take another.
func findAppended(flag, path string) (*outputFile, error) {
	info, err := os.Stat(path)
	if path == "" || err != nil || !info.Mode().IsRegular() {
		return findOutput(flag, path)
	}
	o := &outputFile{flag: flag, path: path, info: info}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, o.fail("%w", reasonOf(err))
	}
	return o, f.Close()
}

func (o *outputFile) fail(format string, args ...any) error {
	return fmt.Errorf("%s %s: %w", o.flag, o.path, fmt.Errorf(format, args...))
}

// reasonOf is an error about a file without the file's name.
func reasonOf(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// standardStream returns the stream that the command has open as that file; nil if it
// has none.
func standardStream(info fs.FileInfo) *os.File {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if open, err := f.Stat(); err == nil && os.SameFile(open, info) {
			return f
		}
	}
	return nil
}

// followLinks returns the path that symbolic links lead to, even if nothing is there.
func followLinks(path string) (string, error) {
	for range mostLinks {
		to, err := os.Readlink(path)
		if err != nil {
			folder, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				// The folder that isn't there is the one to name.
				return path, nil
			}
			return filepath.Join(folder, filepath.Base(path)), nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errors.New("too many symbolic links")
}

// is reports whether the output would go to a file that is there. Of devices that is
// no harm.
func (o *outputFile) is(info fs.FileInfo) bool {
	return o.info != nil && o.info.Mode()&fs.ModeCharDevice == 0 && os.SameFile(o.info, info)
}

// refuseInputs is an error if an output would go to one of the files that are read.
func refuseInputs(outputs []*outputFile, files ...string) error {
	var errs []error
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue // whoever reads it says so
		}
		for _, o := range outputs {
			if o.is(info) {
				errs = append(errs, o.fail("is the input file %s; give another file", file))
			}
		}
	}
	return errors.Join(errs...)
}

// refuseSame is an error if two outputs go to one file.
func refuseSame(outputs []*outputFile) error {
	for i, a := range outputs {
		for _, b := range outputs[:i] {
			if b.info != nil && a.is(b.info) || a.info == nil && b.info == nil && a.file == b.file {
				return fmt.Errorf("%s %s and %s %s are the same file; give each report its own", b.flag, b.path, a.flag, a.path)
			}
		}
	}
	return nil
}

// openSpool opens a file without a name, for a report that grows while something goes
// on: nothing is left of it, whatever becomes of this process. The caller closes it.
func openSpool() (*os.File, error) {
	f, err := os.CreateTemp("", "corsproof-report-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// keep writes what was spooled.
func (o *outputFile) keep(ctx context.Context, spool *os.File) error {
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return o.write(ctx, func(w io.Writer) error {
		_, err := io.Copy(w, spool)
		return err
	})
}

func (o *outputFile) temporary() (*os.File, error) {
	return os.CreateTemp(filepath.Dir(o.file), ".corsproof-*")
}

// write writes the report. Where a pipe's reader is waited for, ctx ends it.
func (o *outputFile) write(ctx context.Context, report func(io.Writer) error) (err error) {
	if o.file == "" {
		return o.writeAsItIs(ctx, os.O_WRONLY, report)
	}
	f, err := o.temporary()
	if err != nil {
		return o.fail("%w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = o.fail("%w", err)
		}
	}()
	if err := report(f); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if o.info != nil {
		mode = o.info.Mode().Perm()
	}
	if err := errors.Join(f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), o.file)
}

// append appends the report, in one piece.
func (o *outputFile) append(ctx context.Context, report func(io.Writer) error) error {
	var text bytes.Buffer
	if err := report(&text); err != nil {
		return err
	}
	return o.writeAsItIs(ctx, os.O_APPEND|os.O_CREATE|os.O_WRONLY, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
}

func (o *outputFile) writeAsItIs(ctx context.Context, flags int, report func(io.Writer) error) error {
	if o.info != nil {
		if stream := standardStream(o.info); stream != nil {
			return report(stream)
		}
	}
	return interruptible(ctx, func() error {
		f, err := os.OpenFile(o.path, flags, 0o644)
		if err != nil {
			return o.fail("%w", reasonOf(err))
		}
		return errors.Join(report(f), f.Close())
	})
}

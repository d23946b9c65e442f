package adapter

import (
	"bytes"
	"fmt"
)

// A Source is one file of a config.
type Source struct {
	Name string // its name in messages
	Path string // the path from which it was read, absolute
	Copy string // the path of its copy, relative to the folder of the copies
	Text []byte
}

func ReadSource(name, path, copy string) (*Source, error) {
	text, err := ReadRegular(name, path)
	if err != nil {
		return nil, err
	}
	return &Source{Name: name, Path: path, Copy: copy, Text: text}, nil
}

// Line returns the number of the line with an offset.
func (s *Source) Line(offset int) int { return 1 + bytes.Count(s.Text[:offset], []byte("\n")) }

// LineText returns the text of the line with an offset.
func (s *Source) LineText(offset int) string {
	start := bytes.LastIndexByte(s.Text[:offset], '\n') + 1
	line, _, _ := bytes.Cut(s.Text[start:], []byte("\n"))
	return string(line)
}

// At returns the position of an offset, as "file:line".
func (s *Source) At(offset int) string { return fmt.Sprintf("%s:%d", s.Name, s.Line(offset)) }

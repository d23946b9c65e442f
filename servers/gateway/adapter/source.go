package adapter

import (
	"bytes"
	"fmt"
)

// A Source is one file of a config.
type Source struct {
	Name string // as messages show it
	Path string // where it was read, absolute
	Copy string // where its copy goes, relative to the folder of the copies
	Text []byte
}

func ReadSource(name, path, copy string) (*Source, error) {
	text, err := ReadRegular(name, path)
	if err != nil {
		return nil, err
	}
	return &Source{Name: name, Path: path, Copy: copy, Text: text}, nil
}

// line returns the number of the line that an offset is on.
func (s *Source) Line(offset int) int { return 1 + bytes.Count(s.Text[:offset], []byte("\n")) }

// lineText returns the line that an offset is on.
func (s *Source) LineText(offset int) string {
	start := bytes.LastIndexByte(s.Text[:offset], '\n') + 1
	line, _, _ := bytes.Cut(s.Text[start:], []byte("\n"))
	return string(line)
}

// at names the place of an offset.
func (s *Source) At(offset int) string { return fmt.Sprintf("%s:%d", s.Name, s.Line(offset)) }

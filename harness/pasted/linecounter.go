package pasted

import (
	"bytes"
	"io"
	"sort"
)

// A lineCounter passes a file on, and knows where its lines begin, as far back as
// it was not told to forget them. A byte order mark at the beginning is not part
// of the file.
type lineCounter struct {
	r io.Reader
	// read counts the bytes that were passed on.
	read int64
	err  error
	// starts are the offsets of lines; the first is that of line number first+1.
	starts []int64
	first  int
	begun  bool
}

// Read implements [io.Reader].
func (c *lineCounter) Read(p []byte) (int, error) {
	if !c.begun {
		c.begun = true
		c.starts = []int64{0}
		mark := make([]byte, 3)
		n, err := io.ReadFull(c.r, mark)
		if string(mark[:n]) == "\ufeff" {
			n = 0
		}
		head := bytes.NewReader(mark[:n])
		if err == nil {
			c.r = io.MultiReader(head, c.r)
		} else if err == io.EOF || err == io.ErrUnexpectedEOF {
			c.r = head
		} else {
			c.err = err
			return 0, err
		}
	}
	n, err := c.r.Read(p)
	for i := 0; i < n; {
		next := bytes.IndexByte(p[i:n], '\n')
		if next < 0 {
			break
		}
		i += next + 1
		c.starts = append(c.starts, c.read+int64(i))
	}
	c.read += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}

// forget drops the lines before that of an offset.
func (c *lineCounter) forget(offset int64) {
	if i := c.line(offset); i > 0 {
		c.starts = append(c.starts[:0], c.starts[i:]...)
		c.first += i
	}
}

// line returns the index in starts of an offset's line.
func (c *lineCounter) line(offset int64) int {
	return sort.Search(len(c.starts), func(i int) bool { return c.starts[i] > offset }) - 1
}

// place returns line and column of an offset. The column counts bytes, as the
// text is gone.
func (c *lineCounter) place(offset int64) (line, column int) {
	i := c.line(offset)
	if i < 0 {
		return 1, int(offset) + 1
	}
	return c.first + i + 1, int(offset-c.starts[i]) + 1
}

package rewrite

import (
	"cmp"
	"slices"
	"strings"
)

// An edit is text that goes in at an offset of the source.
type edit struct {
	offset int
	// other is the other end of the range that is wrapped.
	other int
	// closing text comes before opening text at the same offset.
	closing bool
	order   int
	text    string
}

// edits are the insertions into one file.
type edits struct {
	list []edit
}

// wrap puts text around a range of the source. Of two wraps around the same
// range the first is the outer one; around ranges of which one holds the other,
// that of the larger.
func (e *edits) wrap(from, to int, before, after string) {
	n := len(e.list)
	e.list = append(e.list,
		edit{offset: from, other: to, order: n, text: before},
		edit{offset: to, other: from, closing: true, order: -n, text: after})
}

// insert puts text in at an offset, behind what a range that ends there closes.
func (e *edits) insert(at int, text string) {
	e.list = append(e.list, edit{offset: at, other: at, order: len(e.list), text: text})
}

// apply returns the source between two offsets with the edits in it.
func (e *edits) apply(source []byte, from, to int) string {
	slices.SortStableFunc(e.list, func(a, b edit) int {
		switch {
		case a.offset != b.offset:
			return cmp.Compare(a.offset, b.offset)
		case a.closing != b.closing:
			if a.closing {
				return -1
			}
			return 1
		case a.other != b.other:
			return cmp.Compare(b.other, a.other) // the smaller range is inside
		}
		return cmp.Compare(a.order, b.order)
	})
	var b strings.Builder
	at := from
	for _, x := range e.list {
		if x.offset < from || x.offset > to || x.offset == from && x.closing || x.offset == to && !x.closing {
			continue
		}
		b.Write(source[at:x.offset])
		b.WriteString(x.text)
		at = x.offset
	}
	b.Write(source[at:to])
	return b.String()
}

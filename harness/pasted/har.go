package pasted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// largestHAR bounds the bytes of a HAR file, mostEntries its entries.
	largestHAR  = 256 << 20
	mostEntries = 20_000
)

// HAR reads a HAR 1.2 file as Chrome, Firefox, Safari and Playwright export it,
// of up to 256 MB and 20,000 entries, one entry at a time. Keys that it doesn't
// know are skipped.
//
// The error is an [*Error] with line, column and path, as in
// "log.entries[3].request.url", of a file that is cut off or malformed too. An
// error of r is returned as it is.
func HAR(r io.Reader) (*Archive, error) { return readHAR("", r) }

func readHAR(name string, r io.Reader) (*Archive, error) {
	h := &harReader{name: name, lines: &lineCounter{r: io.LimitReader(r, largestHAR+1)}}
	h.d = json.NewDecoder(h.lines)
	h.pages = map[string]Page{}
	if err := h.run(); err != nil {
		return nil, err
	}
	h.archive.finish(h.pageRefs, h.pages)
	return &h.archive, nil
}

// A harReader reads one file.
type harReader struct {
	name  string
	lines *lineCounter
	d     *json.Decoder

	archive Archive
	// pageRefs are the entries' names of their pages, pages the pages by name: they
	// may stand behind the entries.
	pageRefs []string
	pages    map[string]Page
	hasLog   bool
	hasList  bool
}

func (h *harReader) run() error {
	if err := h.object("", func(key string) error {
		if key != "log" {
			return h.skip(key)
		}
		h.hasLog = true
		return h.object("log", h.logKey)
	}); err != nil {
		return err
	}
	switch {
	case !h.hasLog:
		return h.fail(0, "", `is no HAR file: it has no "log"`)
	case !h.hasList:
		return h.fail(0, "log", `has no "entries"`)
	}
	if _, err := h.d.Token(); err != io.EOF {
		return h.fail(h.d.InputOffset(), "", "more follows the end of the HAR; it is one JSON value")
	}
	return nil
}

func (h *harReader) logKey(key string) error {
	switch key {
	case "creator":
		node, place, err := h.node("log.creator")
		if err != nil {
			return err
		}
		r := &jsonReader{file: h.name, place: place}
		h.archive.Creator = r.text(node, "log.creator", "name")
		if version := r.text(node, "log.creator", "version"); version != "" {
			h.archive.Creator += " " + version
		}
		return r.failure()
	case "pages":
		return h.list("log.pages", h.page)
	case "entries":
		if h.hasList {
			return h.fail(h.d.InputOffset(), "log.entries", "is written twice")
		}
		h.hasList = true
		return h.list("log.entries", h.entry)
	}
	return h.skip("log." + key)
}

// failure returns the first mistake, as an error that is nil if there is none.
func (r *jsonReader) failure() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

func (h *harReader) page(i int, path string) error {
	node, place, err := h.node(path)
	if err != nil {
		return err
	}
	r := &jsonReader{file: h.name, place: place}
	id, title := r.text(node, path, "id"), r.text(node, path, "title")
	page := Page{Title: title}
	if originOf(title) != "" {
		page.URL = title // Chrome and Safari write the URL as the title
	}
	h.pages[id] = page
	return r.failure()
}

func (h *harReader) entry(i int, path string) error {
	if i >= mostEntries {
		return h.fail(h.d.InputOffset(), path, "the file has more than %d entries; export fewer requests, for example by a filter", mostEntries)
	}
	node, place, err := h.node(path)
	if err != nil {
		return err
	}
	r := &jsonReader{file: h.name, place: place}
	e, pageRef := readEntry(r, node, path)
	if r.err != nil {
		return r.err
	}
	e.Index = i
	e.Line, _ = place(node.offset)
	h.archive.Entries = append(h.archive.Entries, e)
	h.pageRefs = append(h.pageRefs, pageRef)
	return nil
}

// fail returns an error at an offset of the file.
func (h *harReader) fail(offset int64, path, format string, args ...any) error {
	line, column := h.lines.place(offset)
	return &Error{File: h.name, Line: line, Column: column, Path: path, Problem: fmt.Sprintf(format, args...)}
}

// broken returns what the decoder says of a value, with its place.
func (h *harReader) broken(path string, err error) error {
	at := h.d.InputOffset()
	var syntax *json.SyntaxError
	switch {
	case h.lines.err != nil && !errors.Is(h.lines.err, io.EOF):
		return h.lines.err
	case h.lines.read > largestHAR:
		return &Error{File: h.name, Path: path, Problem: "the file is larger than 256 MB; export it without the content of responses, or fewer requests"}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return h.fail(h.lines.read, path, "the file ends here, at byte %d, in the middle of a value; it is cut off: export or copy it again", h.lines.read)
	case errors.As(err, &syntax):
		// The decoder doesn't count what it read as tokens, so look once more at
		// the bytes that it holds.
		rest, _ := io.ReadAll(h.d.Buffered())
		if _, inside, again := parseJSON(rest); again != nil {
			at += int64(inside)
		}
		return h.fail(at, path, "is not JSON: %s", syntax)
	}
	return h.fail(at, path, "%s", err)
}

// open reads the delimiter that opens a value.
func (h *harReader) open(path string, want json.Delim, kind string) error {
	token, err := h.d.Token()
	if err != nil {
		return h.broken(path, err)
	}
	if token != want {
		return h.fail(h.d.InputOffset()-1, path, "expected %s", kind)
	}
	return nil
}

// object reads an object, and calls value at each key's value.
func (h *harReader) object(path string, value func(key string) error) error {
	if err := h.open(path, '{', "an object"); err != nil {
		return err
	}
	for h.d.More() {
		token, err := h.d.Token()
		if err != nil {
			return h.broken(path, err)
		}
		key, _ := token.(string)
		if err := value(key); err != nil {
			return err
		}
	}
	if _, err := h.d.Token(); err != nil {
		return h.broken(path, err)
	}
	return nil
}

// list reads a list, and calls value at each item.
func (h *harReader) list(path string, value func(i int, path string) error) error {
	if err := h.open(path, '[', "a list"); err != nil {
		return err
	}
	for i := 0; h.d.More(); i++ {
		if err := value(i, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	if _, err := h.d.Token(); err != nil {
		return h.broken(path, err)
	}
	return nil
}

// node reads an object whole. The function tells places of offsets in it.
func (h *harReader) node(path string) (*jsonNode, func(int) (int, int), error) {
	var raw json.RawMessage
	h.lines.forget(h.d.InputOffset())
	if err := h.d.Decode(&raw); err != nil {
		return nil, nil, h.broken(path, err)
	}
	start := h.d.InputOffset() - int64(len(raw))
	place := func(offset int) (int, int) { return h.lines.place(start + int64(offset)) }
	node, offset, err := parseJSON(raw)
	if err != nil {
		return nil, nil, h.fail(start+int64(offset), path, "%s", err)
	}
	if !node.isObject() {
		return nil, nil, h.fail(start, path, "is %s; expected an object", node.kind())
	}
	return node, place, nil
}

// skip reads a value and throws it away, token by token.
func (h *harReader) skip(path string) error {
	for depth := 0; ; {
		token, err := h.d.Token()
		if err != nil {
			return h.broken(path, err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			h.lines.forget(h.d.InputOffset())
			return nil
		}
	}
}

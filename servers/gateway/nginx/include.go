package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// An include is one whose argument has to be another in the copy.
type include struct {
	directive *directive
	to        string // relative to the place's folder
}

// What a config may include, files that are included again counted again.
const (
	nginxDepth = 20
	mostFiles  = 10_000
	mostBytes  = 64 << 20
)

// include reads the files that an include directive names, as parts of the block
// that it stands in. What can't be read is a problem of the config. After an include
// that has no end nothing more is included.
func (c *conf) include(d *directive) []*directive {
	if len(d.args) != 1 || c.endless {
		return nil // nginx says what is wrong
	}
	name := d.arg(0)
	found, folder := c.included(d, name)
	var all []*directive
	for i, path := range found {
		copy, inside := c.finder.Inside(path)
		if inside {
			copy = filepath.Join("conf", copy)
		} else {
			copy = filepath.Join(folder, fmt.Sprintf("%03d-%s", i, filepath.Base(path)))
		}
		s, err := c.source(path, copy)
		if err != nil {
			c.problems = append(c.problems, fmt.Errorf("%s: include %s: %w", d.at(), name, err))
			continue
		}
		if err := c.enter(d, s); err != nil {
			c.endless = true
			c.syntax = append(c.syntax, err)
			return all
		}
		p := &parser{source: s, include: c.include}
		directives, err := p.file(d.parent)
		c.within = c.within[:len(c.within)-1]
		if err != nil && !slices.ContainsFunc(c.syntax, func(e error) bool { return e.Error() == err.Error() }) {
			c.syntax = append(c.syntax, err)
		}
		all = append(all, directives...)
		if c.endless {
			return all
		}
	}
	return all
}

// enter notes that a file is read as part of the one that d stands in, unless there
// would be no end to that.
func (c *conf) enter(d *directive, s *adapter.Source) error {
	c.within = append(c.within, s.Path)
	c.files, c.bytes = c.files+1, c.bytes+len(s.Text)
	switch {
	case slices.Contains(c.within[:len(c.within)-1], s.Path):
		return fmt.Errorf("%s: include %s: %s includes itself: match only other files, or move them to a separate folder", d.at(), d.arg(0), s.Name)
	case len(c.within) > nginxDepth:
		return fmt.Errorf("%s: includes are nested more than %d deep", d.at(), nginxDepth)
	case c.files > mostFiles:
		return fmt.Errorf("%s: includes add up to more than %d files", d.at(), mostFiles)
	case c.bytes > mostBytes:
		return fmt.Errorf("%s: includes add up to more than %d MiB", d.at(), mostBytes>>20)
	}
	return nil
}

// included returns the files that an include means, sorted as nginx does, and
// notes what its argument has to be in the copy. folder is where copies of files
// go that aren't beside the config.
func (c *conf) included(d *directive, name string) (found []string, folder string) {
	patterns := c.finder.Patterns(name)
	for i, candidate := range c.finder.Candidates(name) {
		found, _ = filepath.Glob(patterns[i])
		found = slices.DeleteFunc(found, func(path string) bool {
			if hidden(path) && !hidden(candidate) {
				return true // for glob(3)
			}
			info, err := os.Stat(path)
			return err != nil || info.IsDir()
		})
		if len(found) == 0 {
			continue
		}
		rel, inside := c.finder.Inside(candidate)
		switch {
		case inside && !filepath.IsAbs(name):
		case inside:
			c.includes = append(c.includes, include{d, filepath.Join("conf", rel)})
		default:
			if c.outside[candidate] == "" {
				c.outside[candidate] = fmt.Sprintf("outside-%d", len(c.outside)+1)
			}
			folder = c.outside[candidate]
			c.includes = append(c.includes, include{d, filepath.Join(folder, "*")})
		}
		return found, folder
	}
	if strings.ContainsAny(name, "*?[") {
		c.notes = append(c.notes, adapter.Note{File: d.source.Name, Line: d.source.Line(d.name.start), Text: fmt.Sprintf("include %s: no such file; looked for %s", name, c.looked(name))})
		return nil, ""
	}
	if text, ok := standIns[filepath.Base(name)]; ok {
		copy := "stand-in/" + filepath.Base(name)
		if !slices.ContainsFunc(c.sources, func(s *adapter.Source) bool { return s.Copy == copy }) {
			c.sources = append(c.sources, &adapter.Source{Name: filepath.Base(name) + " (corsproof's)", Copy: copy, Text: []byte(text)})
		}
		c.includes = append(c.includes, include{d, copy})
		return nil, ""
	}
	c.problems = append(c.problems, fmt.Errorf("%s: include %s: no such file; looked for %s; put the file there", d.at(), name, c.looked(name)))
	return nil, ""
}

// hidden reports whether a file is one that patterns don't mean.
func hidden(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }

func (c *conf) looked(name string) string {
	var all []string
	for _, path := range c.finder.Candidates(name) {
		all = append(all, c.finder.Name(path))
	}
	return strings.Join(all, ", ")
}

// Source reads a file, once.
func (c *conf) source(path, copy string) (*adapter.Source, error) {
	i := slices.IndexFunc(c.sources, func(s *adapter.Source) bool { return s.Path == path && s.Copy == copy })
	if i >= 0 {
		return c.sources[i], nil
	}
	s, err := adapter.ReadSource(c.finder.Name(path), path, copy)
	if err != nil {
		return nil, err
	}
	if text, ok := c.texts[path]; ok {
		s.Text = text
	}
	c.sources = append(c.sources, s)
	return s, nil
}

// standIns are files that nginx or a distribution brings, so that people's
// configs include them and repositories don't have them. Those for protocols
// that can't be run, and options that change no answer, are empty.
var standIns = map[string]string{
	"mime.types": mimeTypes,
	"proxy_params": "proxy_set_header Host $http_host;\nproxy_set_header X-Real-IP $remote_addr;\n" +
		"proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\nproxy_set_header X-Forwarded-Proto $scheme;\n",
	"fastcgi_params": "", "fastcgi.conf": "", "fastcgi-php.conf": "", "scgi_params": "", "uwsgi_params": "",
	"options-ssl-nginx.conf": "",
}

const mimeTypes = `types {
    text/html html htm; text/css css; text/plain txt; text/xml xml; application/javascript js mjs;
    application/json json; application/manifest+json webmanifest; application/pdf pdf; application/wasm wasm;
    image/gif gif; image/jpeg jpeg jpg; image/png png; image/svg+xml svg; image/webp webp; image/avif avif; image/x-icon ico;
    font/woff woff; font/woff2 woff2; font/ttf ttf; video/mp4 mp4; video/webm webm; audio/mpeg mp3;
}
`

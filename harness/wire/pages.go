package wire

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// pages is the handler of one origin.
type pages struct {
	host    *PageHost
	origin  string
	content fs.FS
}

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, contentType, ok := p.find(r.URL.Path)
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !ok || !read {
		p.host.mu.Lock()
		p.host.unexpected = append(p.host.unexpected, r.Method+" "+p.origin+r.RequestURI)
		p.host.mu.Unlock()
		if ok {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pages are read only", http.StatusMethodNotAllowed)
			return
		}
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	if r.URL.Path == OpaquePath {
		w.Header().Set("Content-Security-Policy", opaquePolicy)
	}
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// find returns the file for a path, read whole.
func (p pages) find(urlPath string) (body []byte, contentType string, ok bool) {
	if isPagePath(urlPath) {
		return []byte(blankPage), contentTypes[".html"], true
	}
	name := strings.TrimPrefix(urlPath, "/")
	if name == "" {
		name = "index.html"
	}
	if p.content == nil || !fs.ValidPath(name) {
		return nil, "", false
	}
	body, err := fs.ReadFile(p.content, name)
	if err != nil {
		return nil, "", false
	}
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		contentType = "application/octet-stream"
	}
	return body, contentType, true
}

// contentTypes is by file extension. It stands here since the system's own
// table differs from one machine to the next.
var contentTypes = map[string]string{
	".avif":  "image/avif",
	".css":   "text/css; charset=utf-8",
	".gif":   "image/gif",
	".htm":   "text/html; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".ico":   "image/x-icon",
	".jpeg":  "image/jpeg",
	".jpg":   "image/jpeg",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".map":   "application/json",
	".mjs":   "text/javascript; charset=utf-8",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".txt":   "text/plain; charset=utf-8",
	".wasm":  "application/wasm",
	".webp":  "image/webp",
	".woff":  "font/woff",
	".woff2": "font/woff2",
	".xml":   "application/xml",
}

package web

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/tasklane/tasklane/services/httpapi"
)

const (
	// assetsDir holds files whose names change with their content.
	assetsDir = "assets/"
	indexFile = "index.html"
)

// page serves the built page: its files, and index.html at every other path to which a
// browser navigates.
type page struct {
	files *os.Root
	// fallback handles requests that are not for the page.
	fallback http.HandlerFunc
}

// openPage returns the page built in dir.
func openPage(dir string, fallback http.HandlerFunc) (*page, error) {
	files, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &page{files: files, fallback: fallback}, nil
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Resolve dots, as browsers do.
	urlPath := path.Clean("/" + r.URL.Path)
	if r.Method != http.MethodGet && r.Method != http.MethodHead || isAPI(urlPath) {
		p.fallback(w, r)
		return
	}
	name := strings.TrimPrefix(urlPath, "/")
	cacheControl := "no-cache"
	if strings.HasPrefix(name, assetsDir) {
		cacheControl = "public, max-age=31536000, immutable"
	}
	switch {
	case p.serve(w, r, name, cacheControl):
	case (urlPath == "/" || acceptsHTML(r)) && p.serve(w, r, indexFile, "no-cache"):
	default:
		p.fallback(w, r)
	}
}

// serve responds with a file of the page, or with its compressed form if the build has
// written one and the browser accepts it. It returns false, without a response, if the
// file does not exist.
func (p *page) serve(w http.ResponseWriter, r *http.Request, name, cacheControl string) bool {
	file, info := p.open(name)
	if file == nil {
		return false
	}
	defer func() { file.Close() }()
	header := w.Header()
	for _, encoding := range encodings {
		if !acceptsEncoding(r, encoding.name) {
			continue
		}
		if compressed, of := p.open(name + encoding.suffix); compressed != nil {
			file.Close()
			file, info = compressed, of
			header.Set("Content-Encoding", encoding.name)
			break
		}
	}
	header.Set("Cache-Control", cacheControl)
	header.Set("Content-Security-Policy", pagePolicy)
	header.Add("Vary", "Accept-Encoding")
	httpapi.SetLoggedPath(r.Context(), "/"+name)
	// No Last-Modified: after a rollback, the file is older than the one that browsers have.
	header.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	// Not http.ServeFileFS, which rejects or redirects some paths.
	http.ServeContent(w, r, name, time.Time{}, file)
	return true
}

// open opens a regular file of the page, or returns nil.
func (p *page) open(name string) (*os.File, os.FileInfo) {
	file, err := p.files.Open(name)
	if err != nil {
		return nil, nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, nil
	}
	return file, info
}

func isAPI(urlPath string) bool {
	return urlPath == "/api" || strings.HasPrefix(urlPath, "/api/")
}

// acceptsHTML distinguishes a navigation from a script or an image that requests a missing
// file.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

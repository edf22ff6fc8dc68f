package web

import (
	"net/http"
	"os"
	"path"
	"strings"
)

const (
	// assetsDir holds files whose names change with their content.
	assetsDir = "assets/"
	indexFile = "index.html"
)

// page serves the built page: its files, and index.html at every other path
// that a person may have opened.
type page struct {
	files *os.Root
	// otherwise answers what is not the page's.
	otherwise http.HandlerFunc
}

// openPage returns the page built in dir.
func openPage(dir string, otherwise http.HandlerFunc) (*page, error) {
	files, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &page{files: files, otherwise: otherwise}, nil
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// As a browser would have asked: it resolves the dots itself.
	urlPath := path.Clean("/" + r.URL.Path)
	if r.Method != http.MethodGet && r.Method != http.MethodHead || isAPI(urlPath) {
		p.otherwise(w, r)
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
		p.otherwise(w, r)
	}
}

// serve answers with a file of the page, compressed if the build has done that and
// the browser takes it. It returns false, and has answered nothing, if there is
// no file of this name.
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
		if compressed, _ := p.open(name + encoding.suffix); compressed != nil {
			file.Close()
			file = compressed
			header.Set("Content-Encoding", encoding.name)
			break
		}
	}
	header.Set("Cache-Control", cacheControl)
	header.Set("Content-Security-Policy", pagePolicy)
	header.Add("Vary", "Accept-Encoding")
	// Not http.ServeFileFS: it refuses and redirects some paths in its own way.
	http.ServeContent(w, r, name, info.ModTime(), file)
	return true
}

// open returns a regular file of the page, or nil.
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

// acceptsHTML tells a person's browser from a script or an image that asks for
// a file which is not there.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

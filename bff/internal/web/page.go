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

// serve answers with a file of the page. It returns false, and has answered
// nothing, if there is no file of this name.
func (p *page) serve(w http.ResponseWriter, r *http.Request, name, cacheControl string) bool {
	file, err := p.files.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	w.Header().Set("Cache-Control", cacheControl)
	w.Header().Set("Content-Security-Policy", pagePolicy)
	// Not http.ServeFileFS: it refuses and redirects some paths in its own way.
	http.ServeContent(w, r, name, info.ModTime(), file)
	return true
}

func isAPI(urlPath string) bool {
	return urlPath == "/api" || strings.HasPrefix(urlPath, "/api/")
}

// acceptsHTML tells a person's browser from a script or an image that asks for
// a file which is not there.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

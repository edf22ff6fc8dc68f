package web

import (
	"io/fs"
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
	files fs.FS
	// otherwise answers what is not the page's.
	otherwise http.HandlerFunc
}

// openPage returns the page built in dir.
func openPage(dir string, otherwise http.HandlerFunc) (*page, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &page{files: root.FS(), otherwise: otherwise}, nil
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || isAPI(r.URL.Path) {
		p.otherwise(w, r)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch {
	case strings.HasPrefix(name, assetsDir) && p.has(name):
		p.serve(w, r, name, "public, max-age=31536000, immutable")
	case p.has(name):
		p.serve(w, r, name, "no-cache")
	case r.URL.Path == "/", acceptsHTML(r):
		p.serve(w, r, indexFile, "no-cache")
	default:
		p.otherwise(w, r)
	}
}

func (p *page) serve(w http.ResponseWriter, r *http.Request, name, cacheControl string) {
	w.Header().Set("Cache-Control", cacheControl)
	w.Header().Set("Content-Security-Policy", pagePolicy)
	http.ServeFileFS(w, r, p.files, name)
}

// has reports whether name is a file, and not a directory, of the page.
func (p *page) has(name string) bool {
	info, err := fs.Stat(p.files, name)
	return err == nil && info.Mode().IsRegular()
}

func isAPI(urlPath string) bool {
	return urlPath == "/api" || strings.HasPrefix(urlPath, "/api/")
}

// acceptsHTML tells a person's browser from a script or an image that asks for
// a file which is not there.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

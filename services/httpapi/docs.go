package httpapi

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the page
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/swaggest/swgui/v5/static"
)

var (
	//go:embed docs.html
	docsPage []byte
	//go:embed docs.js
	docsScript []byte
)

// docsPolicy lets the page load its own files and call this server. Swagger UI loads
// its icons from data: URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeDocs serves Swagger UI for /openapi.yaml at /docs, without files from other
// hosts.
func ServeDocs(router chi.Router) {
	router = router.With(middleware.Compress(gzip.BestSpeed, "text/html", "text/css", "text/javascript"))
	for path, file := range map[string]struct {
		mediaType string
		content   func() []byte
	}{
		"/docs":                      {"text/html; charset=utf-8", func() []byte { return docsPage }},
		"/docs/start.js":             {"text/javascript; charset=utf-8", func() []byte { return docsScript }},
		"/docs/swagger-ui.css":       {"text/css; charset=utf-8", func() []byte { return swaggerUI("swagger-ui.css.gz") }},
		"/docs/swagger-ui-bundle.js": {"text/javascript; charset=utf-8", func() []byte { return swaggerUI("swagger-ui-bundle.js.gz") }},
		"/docs/favicon-32x32.png":    {"image/png", func() []byte { return swaggerUI("favicon-32x32.png") }},
	} {
		router.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			header := w.Header()
			header.Set("Content-Type", file.mediaType)
			header.Set("Content-Security-Policy", docsPolicy)
			header.Set("Cache-Control", "public, max-age=3600")
			_, _ = w.Write(file.content()) // the client may have disconnected
		})
	}
}

// swaggerUI returns an embedded file of Swagger UI, unzipped.
func swaggerUI(name string) []byte {
	content, err := static.FS.ReadFile(name)
	if err == nil && strings.HasSuffix(name, ".gz") {
		var r io.Reader
		if r, err = gzip.NewReader(bytes.NewReader(content)); err == nil {
			content, err = io.ReadAll(r)
		}
	}
	if err != nil {
		panic(err) // the file is embedded
	}
	return content
}

package httpapi

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the page
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5/static"
)

var (
	//go:embed docs.html
	docsPage []byte
	//go:embed docs.js
	docsScript []byte
)

// docsPolicy lets the page load what lies beside it and call this server.
// Swagger UI draws its icons from data: URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// asset is a file of the page.
type asset struct {
	mediaType string
	content   []byte
	// plain, unless nil, is the content for who cannot read gzip.
	plain func() []byte
}

// ServeDocs adds a page at /docs that shows /openapi.yaml. All it needs comes
// from this server.
func ServeDocs(router chi.Router) {
	for path, file := range map[string]asset{
		"/docs":                      {mediaType: "text/html; charset=utf-8", content: docsPage},
		"/docs/start.js":             {mediaType: "text/javascript; charset=utf-8", content: docsScript},
		"/docs/swagger-ui.css":       zipped("text/css; charset=utf-8", "swagger-ui.css.gz"),
		"/docs/swagger-ui-bundle.js": zipped("text/javascript; charset=utf-8", "swagger-ui-bundle.js.gz"),
		"/docs/favicon-32x32.png":    {mediaType: "image/png", content: swaggerUI("favicon-32x32.png")},
	} {
		router.Get(path, file.serve)
	}
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	header, content := w.Header(), a.content
	header.Set("Content-Type", a.mediaType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", docsPolicy)
	header.Set("Cache-Control", "public, max-age=3600")
	if a.plain != nil {
		header.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
		} else {
			content = a.plain()
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // the reader is gone; there is nobody to tell
}

// swaggerUI returns a file of Swagger UI, which is part of the program.
func swaggerUI(name string) []byte {
	content, err := static.FS.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return content
}

// zipped is a file of Swagger UI that is kept compressed.
func zipped(mediaType, name string) asset {
	content := swaggerUI(name)
	return asset{mediaType: mediaType, content: content, plain: sync.OnceValue(func() []byte {
		r, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			panic(err) // it is part of the program
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			panic(err)
		}
		return plain
	})}
}

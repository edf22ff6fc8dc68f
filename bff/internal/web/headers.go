package web

import "net/http"

const (
	// pagePolicy lets the page load from its own origin alone, with nothing
	// inline, and be framed by nobody.
	pagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
	// apiPolicy makes an answer of the API that is opened as a page inert.
	apiPolicy = "default-src 'none'; frame-ancestors 'none'"
	// strictTransport keeps browsers on https for two years. Sub-domains are
	// not this server's to decide on.
	strictTransport = "max-age=63072000"
)

// secure sets the headers of every answer. The policy is that of the API; the
// page replaces it.
func secure(https bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header.Set("Content-Security-Policy", apiPolicy)
			header.Set("Cross-Origin-Resource-Policy", "same-origin")
			header.Set("Referrer-Policy", "same-origin")
			if https {
				header.Set("Strict-Transport-Security", strictTransport)
			}
			next.ServeHTTP(w, r)
		})
	}
}

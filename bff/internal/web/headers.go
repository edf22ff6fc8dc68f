package web

import "net/http"

const (
	// pagePolicy lets the page load only from its own origin, without inline code,
	// and forbids framing.
	pagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
	// apiPolicy disables everything in an API response that is opened as a page.
	apiPolicy = "default-src 'none'; frame-ancestors 'none'"
	// strictTransport keeps browsers on https for two years. It does not include
	// subdomains, which may have other servers.
	strictTransport = "max-age=63072000"
)

// securityHeaders sets security headers on every response. The page's files replace the
// API's policy.
func securityHeaders(https bool) func(http.Handler) http.Handler {
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

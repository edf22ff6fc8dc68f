package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/cors"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
)

// preflightAge is how long browsers may cache a preflight. It is Chromium's maximum.
const preflightAge = 2 * time.Hour

// The headers that pages of trusted origins may send and read, beyond those that browsers
// always allow.
var (
	sharedMethods = []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}
	sharedRequestHeaders = []string{
		"Content-Type", expectedUserHeader, "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "X-Captcha-Response", "X-Request-Id",
	}
	sharedResponseHeaders = []string{
		"ETag", "Idempotency-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "X-Retry-After",
	}
)

// shareAPI lets pages of trusted origins call the API, including Better Auth, with the
// user's cookies, and read the responses.
func shareAPI(trusted []environ.Origin) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		// AllowedOrigins would treat an empty list as all origins.
		AllowOriginFunc: func(_ *http.Request, origin string) bool {
			return slices.ContainsFunc(trusted, func(o environ.Origin) bool { return o.String() == origin })
		},
		AllowedMethods:   sharedMethods,
		AllowedHeaders:   sharedRequestHeaders,
		ExposedHeaders:   sharedResponseHeaders,
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	})
}

// sameOrigin returns a middleware that rejects writes and streams that a page of another
// origin requests. A stream is a read, but such a page could keep it open. The site's own
// origin is passed explicitly, in case a proxy changes the Host header.
func sameOrigin(public *url.URL, trusted []environ.Origin) func(http.Handler) http.Handler {
	rule := http.NewCrossOriginProtection()
	for _, origin := range append([]environ.Origin{{URL: public}}, trusted...) {
		if err := rule.AddTrustedOrigin(origin.String()); err != nil {
			panic(err) // an Origin is valid
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// A page of another site can add this header only after a preflight, and with
			// it the cookies are ignored.
			if _, ok := session.Bearer(r); ok {
				next.ServeHTTP(w, r)
				return
			}
			checked := *r
			if r.URL.Path == eventsPath {
				checked.Method = http.MethodPost // not a safe method
			}
			if rule.Check(&checked) != nil {
				httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeCrossOrigin, originSentence(r, "this origin is neither PUBLIC_URL nor listed in TRUSTED_ORIGINS.")))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// originSentence says, for developers of a front end, that the origin of a request is
// rejected, and why.
func originSentence(r *http.Request, reason string) string {
	const maxBytes = 200
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" || len(origin.String()) > maxBytes {
		return "Requests from pages of other sites are not allowed."
	}
	return fmt.Sprintf("Requests from pages of the origin %s://%s are not allowed: %s", origin.Scheme, origin.Host, reason)
}

// callbackPaths are the paths to which identity providers make the browser post their
// response, from their own origin. Better Auth accepts a response once and from one
// browser.
var callbackPaths = []string{
	authPath + "callback/", authPath + "oauth2/callback/",
	authPath + "sso/callback/", authPath + "sso/saml2/callback/", authPath + "sso/saml2/sp/acs/", authPath + "sso/saml2/sp/slo/",
}

func isCallback(r *http.Request) bool {
	return slices.ContainsFunc(callbackPaths, func(path string) bool { return strings.HasPrefix(r.URL.Path, path) })
}

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
	"github.com/tasklane/tasklane/services/httpapi"
)

// preflightAge is how long a browser may remember what a page of another
// origin may send. Chromium keeps nothing for longer.
const preflightAge = 2 * time.Hour

// What pages of trusted origins may send and read, beyond what browsers allow
// every page.
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

// shareAPI lets pages of the trusted origins call the API with the user's
// cookies, Better Auth's part of it too, and read every answer.
func shareAPI(trusted []*url.URL) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		// Not AllowedOrigins: it would take an empty list for everybody.
		AllowOriginFunc: func(_ *http.Request, origin string) bool {
			return slices.ContainsFunc(trusted, func(u *url.URL) bool { return u.String() == origin })
		},
		AllowedMethods:   sharedMethods,
		AllowedHeaders:   sharedRequestHeaders,
		ExposedHeaders:   sharedResponseHeaders,
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	})
}

// sameOrigin refuses writes, and streams, that a page of another origin makes
// the browser ask for. A stream is a read, but one that such a page could hold
// open for as long as it likes. The site's own origin is named besides being
// recognised, for where a proxy in front changes the Host header.
func sameOrigin(public *url.URL, trusted []*url.URL) (func(http.Handler) http.Handler, error) {
	rule := http.NewCrossOriginProtection()
	for _, origin := range append([]*url.URL{public}, trusted...) {
		if err := rule.AddTrustedOrigin(origin.String()); err != nil {
			return nil, fmt.Errorf("trusted origin: %w", err)
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// No page of another site can add this header without asking first, and
			// with it the cookies count for nothing.
			if _, ok := session.Bearer(r); ok {
				next.ServeHTTP(w, r)
				return
			}
			checked := *r
			if r.URL.Path == eventsPath {
				checked.Method = http.MethodPost // which is not taken for harmless
			}
			if rule.Check(&checked) != nil {
				httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeCrossOrigin, crossOriginSentence(r)))
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// crossOriginSentence names the origin that was refused, for whoever sets up a front
// end.
func crossOriginSentence(r *http.Request) string {
	const longest = 200
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" || len(origin.String()) > longest {
		return "Pages of other sites may not do this."
	}
	return fmt.Sprintf("Pages of %s://%s may not do this: it is neither PUBLIC_URL nor in TRUSTED_ORIGINS.", origin.Scheme, origin.Host)
}

// callbackPaths are where identity providers make the browser post their
// answer, from their own origin. What they hold is good for one time and one
// browser, which Better Auth checks.
var callbackPaths = []string{
	authPath + "callback/", authPath + "oauth2/callback/",
	authPath + "sso/callback/", authPath + "sso/saml2/callback/", authPath + "sso/saml2/sp/acs/", authPath + "sso/saml2/sp/slo/",
}

func isCallback(r *http.Request) bool {
	return slices.ContainsFunc(callbackPaths, func(path string) bool { return strings.HasPrefix(r.URL.Path, path) })
}

// sameOriginAuth applies the rule to what goes to Better Auth. Its own check
// leaves out requests without a cookie, and so lets pages of other sites, to
// which no cookie is sent along, take the user's cookie away by a sign-out.
func sameOriginAuth(rule func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		checked := rule(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isCallback(r) {
				next.ServeHTTP(w, r)
			} else {
				checked.ServeHTTP(w, r)
			}
		})
	}
}

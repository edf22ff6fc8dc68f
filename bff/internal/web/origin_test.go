package web_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// testOrigins tests requests of pages of other origins.
func testOrigins(t *testing.T, s *site) {
	t.Run("a trusted origin can use the whole API", func(t *testing.T) {
		t.Parallel()
		page := http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {trustedOrigin}}
		ada := s.newBrowser(t)
		shared := func(response *response) *response {
			t.Helper()
			want := http.Header{
				"Access-Control-Allow-Origin":      {trustedOrigin},
				"Access-Control-Allow-Credentials": {"true"},
				"Access-Control-Expose-Headers":    {"Etag, Idempotency-Replayed, Location, Ratelimit, Ratelimit-Policy, Retry-After, X-Request-Id, X-Retry-After"},
			}
			if diff := cmp.Diff(want, sharing(response.header)); diff != "" {
				t.Errorf("%s: %d with headers (-want +got):\n%s", response.what, response.status, diff)
			}
			return response
		}
		email := servertest.NewEmail()
		shared(ada.do(http.MethodPost, "/api/auth/sign-up/email", map[string]any{"name": "Ada", "email": email, "password": servertest.Password}, page)).is(http.StatusOK)
		shared(ada.do(http.MethodPost, "/api/auth/sign-in/email", map[string]any{"email": email, "password": "wrong password"}, page)).is(http.StatusUnauthorized)
		shared(ada.do(http.MethodGet, "/api/auth/get-session", nil, page)).is(http.StatusOK)
		shared(ada.do(http.MethodGet, "/api/session", nil, page)).is(http.StatusOK)
		path := "/api/tasks/" + shared(ada.do(http.MethodPost, "/api/tasks", map[string]any{"title": "x"}, page)).is(http.StatusCreated).task().ID
		shared(ada.do(http.MethodHead, path, nil, page)).is(http.StatusOK)
		shared(ada.do(http.MethodPut, path, map[string]any{"title": "y"}, page)).is(http.StatusOK)
		shared(ada.do(http.MethodPatch, path, map[string]any{"completed": true}, page)).is(http.StatusOK)
		shared(ada.do(http.MethodDelete, path, nil, page)).is(http.StatusOK)
		// Errors are readable, too.
		shared(ada.do(http.MethodPost, "/api/tasks", map[string]any{}, page)).fails(taskapi.CodeInvalid)
		shared(ada.do(http.MethodGet, "/api/nothing", nil, page)).fails(taskapi.CodeNotFound)
		shared(ada.do(http.MethodDelete, "/api/tasks", nil, page)).fails(taskapi.CodeMethodNotAllowed)
		shared(s.newBrowser(t).do(http.MethodGet, "/api/tasks", nil, page)).fails(taskapi.CodeUnauthenticated)
	})

	t.Run("preflights of a trusted origin succeed", func(t *testing.T) {
		t.Parallel()
		nobody := s.newBrowser(t)
		for _, path := range []string{"/api/tasks", "/api/tasks/x", "/api/auth/sign-in/email", "/api/nothing"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				want := http.Header{
					"Access-Control-Allow-Origin":      {trustedOrigin},
					"Access-Control-Allow-Credentials": {"true"},
					"Access-Control-Allow-Methods":     {method},
					"Access-Control-Allow-Headers":     {"Content-Type, Expected-User, Idempotency-Key, If-Match"},
					"Access-Control-Max-Age":           {"7200"},
				}
				response := nobody.preflight(path, trustedOrigin, method, "content-type,expected-user,idempotency-key,if-match").is(http.StatusOK)
				if diff := cmp.Diff(want, sharing(response.header)); diff != "" {
					t.Errorf("preflight for %s: headers (-want +got):\n%s", method, diff)
				}
			}
		}
		for method, header := range map[string]string{http.MethodTrace: "", "QUERY": "", http.MethodPost: "authorization", http.MethodPut: "x-user-id"} {
			if got := sharing(nobody.preflight("/api/tasks", trustedOrigin, method, header).header); len(got) > 0 {
				t.Errorf("preflight for %s with %s: %v", method, header, got)
			}
		}
	})

	t.Run("other origins get no CORS headers", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		email := ada.signUp()
		for _, origin := range []string{
			"https://evil.example", "null", "*", "", "http://app.example.com", "https://app.example.com:8443", "https://APP.example.com",
			"https://app.example.com.evil.example", "https://x.app.example.com", "https://app.example.com/", "https://app.example.com, https://evil.example",
		} {
			untrusted := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {origin}}
			for _, response := range []*response{
				ada.preflight("/api/tasks", origin, http.MethodPost, "content-type"),
				ada.preflight("/api/auth/sign-in/email", origin, http.MethodPost, "content-type"),
				ada.do(http.MethodGet, "/api/tasks", nil, untrusted).is(http.StatusOK),
				ada.do(http.MethodGet, "/api/auth/get-session", nil, untrusted).is(http.StatusOK),
				ada.do(http.MethodPost, "/api/tasks", map[string]any{"title": "x"}, untrusted).is(http.StatusForbidden),
				ada.do(http.MethodPost, "/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password}, untrusted).is(http.StatusForbidden),
			} {
				if got := sharing(response.header); len(got) > 0 {
					t.Errorf("%s for %q: %v", response.what, origin, got)
				}
				if !slices.Contains(response.header.Values("Vary"), "Origin") {
					t.Errorf("%s for %q: Vary is %q", response.what, origin, response.header.Values("Vary"))
				}
			}
		}
	})

	t.Run("CORS does not apply to the page", func(t *testing.T) {
		t.Parallel()
		response := s.newBrowser(t).do(http.MethodGet, "/", nil, http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {trustedOrigin}})
		if got := sharing(response.header); len(got) > 0 {
			t.Errorf("headers %v", got)
		}
	})

	t.Run("cross-origin writes are rejected", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		body := map[string]any{"title": "planted"}
		for name, header := range map[string]http.Header{
			"another site":                        {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"another site, older browser":         {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
			"a sibling of the host":               {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://127.0.0.1:1"}},
			"a sandboxed page":                    {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
			"another site with the headers mixed": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://app.example.com.evil.example"}},
		} {
			for _, method := range []string{http.MethodPost, http.MethodDelete} {
				path := map[string]string{http.MethodPost: "/api/tasks", http.MethodDelete: "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"}[method]
				if got := ada.do(method, path, body, header); got.status != http.StatusForbidden {
					t.Errorf("%s: %s %d", name, method, got.status)
				} else {
					got.fails(taskapi.CodeCrossOrigin)
				}
			}
		}
		var list taskapi.TaskListResponse
		ada.get("/api/tasks").is(http.StatusOK).into(&list)
		if len(list.Data) != 0 {
			t.Errorf("planted: %+v", list.Data)
		}
		ada.do(http.MethodPost, "/api/tasks", body, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {trustedOrigin}}).is(http.StatusCreated)
		ada.do(http.MethodPost, "/api/tasks", body, http.Header{"Sec-Fetch-Site": nil, "Origin": nil}).is(http.StatusCreated)
	})
}

// preflight sends a preflight for a request from a page of an origin.
func (b *browser) preflight(path, origin, method, headers string) *response {
	b.t.Helper()
	header := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {origin}, "Access-Control-Request-Method": {method}}
	if headers != "" {
		header.Set("Access-Control-Request-Headers", headers)
	}
	return b.do(http.MethodOptions, path, nil, header)
}

// sharing returns the CORS headers of a response.
func sharing(header http.Header) http.Header {
	found := maps.Clone(header)
	maps.DeleteFunc(found, func(name string, _ []string) bool { return !strings.HasPrefix(name, "Access-Control-") })
	return found
}

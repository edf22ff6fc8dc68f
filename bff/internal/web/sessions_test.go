package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestSessionsOnTheSite counts requests to Better Auth, so its subtests share a site of
// their own and run one after the other.
func TestSessionsOnTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.newBrowser(t)
	ada.signUp()

	exchanges := func(during func()) int {
		before := s.authTap.Count(getSession)
		during()
		return s.authTap.Count(getSession) - before
	}

	if n := exchanges(func() {
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if got := ada.get("/api/session"); got.status != http.StatusOK {
					t.Errorf("%s: %d %s", got.what, got.status, got.body)
				}
			})
		}
		all.Wait()
	}); n != 1 {
		t.Errorf("1,000 first requests at once: %d exchanges, want 1", n)
	}

	t.Run("10,000 forged cookies cause no exchange", func(t *testing.T) { testFlood(t, s, ada) })

	server := httptest.NewServer(newHandler(t, handlerConfig{
		public: s.url, auth: s.authTap.URL, tasks: s.tasksTap.URL.String(), log: s.log,
	}))
	t.Cleanup(server.Close)
	withoutSecret := &site{url: server.URL}

	t.Run("without the secret, a forged cookie causes one exchange", func(t *testing.T) {
		nobody := withoutSecret.newBrowser(t)
		get := func(cookie string) *response {
			return nobody.do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {session.CookieName + "=" + cookie}})
		}
		if n := exchanges(func() {
			for range 20 {
				get("forged.c2lnbmF0dXJl").fails(taskapi.CodeSessionExpired)
			}
		}); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
		get(ada.cookie().Value).is(http.StatusOK)
	})

	t.Run("of several session cookies, the valid one counts", func(t *testing.T) {
		cookie := func(value string) string { return session.CookieName + "=" + value }
		bob, ended := s.newBrowser(t), s.newBrowser(t)
		bob.signUp()
		ended.signUp()
		foreign, dead, good := cookie("foreign.c2lnbmF0dXJl"), cookie(ended.cookie().Value), cookie(bob.cookie().Value)
		ended.post("/api/auth/sign-out", map[string]any{}).is(http.StatusOK)
		for _, bff := range []*site{s, withoutSecret} {
			nobody := bff.newBrowser(t)
			for _, all := range []string{good + "; " + foreign, foreign + "; " + good, dead + "; " + good, good + "; " + dead, foreign + "; " + dead + "; " + good} {
				header := http.Header{"Cookie": {all}}
				response := nobody.do(http.MethodGet, "/api/session", nil, header).is(http.StatusOK)
				if lines := response.header.Values("Set-Cookie"); len(lines) > 0 {
					t.Errorf("%s: the response sets %q", all, lines)
				}
				nobody.do(http.MethodPost, "/api/tasks", map[string]any{"title": "x"}, header).is(http.StatusCreated)
				if response := nobody.do(http.MethodGet, getSession, nil, header).is(http.StatusOK); string(response.body) == "null" {
					t.Errorf("%s: Better Auth finds no session", all)
				}
			}
			nobody.do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {foreign + "; " + dead}}).fails(taskapi.CodeSessionExpired)
		}
		s.newBrowser(t).do(http.MethodPost, "/api/auth/sign-out", map[string]any{}, http.Header{"Cookie": {foreign + "; " + good}}).is(http.StatusOK)
		bob.get("/api/session").fails(taskapi.CodeSessionExpired)
	})

	t.Run("a rejected JWT is renewed once", func(t *testing.T) {
		defer s.tasksTap.Instead(nil)
		var rejected sync.Map
		s.tasksTap.Instead(func(w http.ResponseWriter, r *http.Request) {
			rejected.Store(r.Header.Get("Authorization"), true)
			s.tasksTap.Instead(nil)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"success": false, "error": "Sign in.", "code": "unauthenticated", "status": 401, "title": "Unauthorized", "requestId": "x"}`))
		})
		if n := exchanges(func() { ada.get("/api/tasks").is(http.StatusOK) }); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
		if n := exchanges(func() { ada.get("/api/tasks").is(http.StatusOK) }); n != 0 {
			t.Errorf("%d exchanges afterwards, want none", n)
		}
	})

	t.Run("a service that rejects every JWT does not end sessions", func(t *testing.T) {
		defer s.tasksTap.Instead(nil)
		s.tasksTap.Instead(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"success": false, "error": "The key of tasks-db-7 is unknown.", "code": "unauthenticated"}`))
		})
		response := ada.get("/api/tasks")
		response.fails(taskapi.CodeBadGateway)
		if strings.Contains(string(response.body), "tasks-db-7") {
			t.Errorf("the service's error text was forwarded: %s", response.body)
		}
	})
}

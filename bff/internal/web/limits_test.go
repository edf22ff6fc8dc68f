package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// testLimits tests the limits. Each subtest has its own bff in front of the site's
// servers.
func testLimits(t *testing.T, s *site) {
	limited := func(t *testing.T, c handlerConfig) *site {
		t.Helper()
		c.public, c.secret, c.tasks, c.log = s.url, s.auth.Secret, s.tasks.URL.String(), &logBuffer{}
		if c.auth == nil {
			c.auth = s.auth.URL
		}
		server := httptest.NewServer(newHandler(t, c))
		t.Cleanup(server.Close)
		return &site{url: server.URL}
	}

	t.Run("a user's sessions share a limit", func(t *testing.T) {
		t.Parallel()
		bff := limited(t, handlerConfig{limits: httpapi.Limits{Rate: httpapi.Rate{PerSecond: .001, Burst: 2}}})
		ada, elsewhere, bob := s.newBrowser(t), s.newBrowser(t), s.newBrowser(t)
		elsewhere.signIn(ada.signUp())
		bob.signUp()
		get := func(b *browser) *response {
			return bff.newBrowser(t).do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {b.cookie().String()}})
		}
		get(ada).is(http.StatusOK)
		last := get(elsewhere).is(http.StatusOK)
		if diff := cmp.Diff([]string{`"user";q=2;w=2000`, `"user";r=0;t=2000`}, []string{last.header.Get("RateLimit-Policy"), last.header.Get("RateLimit")}); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		rejected := get(ada)
		rejected.fails(taskapi.CodeRateLimited)
		if rejected.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		get(bob).is(http.StatusOK)
	})

	t.Run("an address has a limit, including Better Auth's paths", func(t *testing.T) {
		t.Parallel()
		tap := servertest.NewTap(t, s.auth.URL)
		bff := limited(t, handlerConfig{auth: tap.URL, clientRate: httpapi.Rate{PerSecond: .001, Burst: 3}})
		nobody := bff.newBrowser(t)
		from := func(address, path string) *response {
			return nobody.do(http.MethodGet, path, nil, http.Header{"X-Forwarded-For": {address}, "Origin": {trustedOrigin}})
		}
		from("192.0.2.1", "/api/auth/ok").is(http.StatusOK)
		from("192.0.2.1", "/api/tasks").fails(taskapi.CodeUnauthenticated)
		from("192.0.2.1", "/api/nothing").fails(taskapi.CodeNotFound)
		for _, path := range []string{"/api/auth/ok", "/api/auth/get-session", "/api/tasks"} {
			rejected := from("192.0.2.1", path)
			rejected.fails(taskapi.CodeRateLimited)
			if rejected.header.Get("Retry-After") == "" || !strings.HasPrefix(rejected.header.Get("RateLimit"), `"client";r=0;t=`) {
				t.Errorf("%s: rejected with %v", path, rejected.header)
			}
			if rejected.header.Get("Access-Control-Allow-Origin") != trustedOrigin {
				t.Errorf("%s: a page of a trusted origin cannot read the error", path)
			}
		}
		if n := len(tap.Requests()); n != 1 {
			t.Errorf("Better Auth got %d requests, want one", n)
		}
		from("192.0.2.1", "/").fails(taskapi.CodeNotFound) // the page is not limited
		from("192.0.2.2", "/api/auth/ok").is(http.StatusOK)
	})

	t.Run("requests to Better Auth in flight are limited and block no operation", func(t *testing.T) {
		t.Parallel()
		tap := servertest.NewTap(t, s.auth.URL)
		received, finish := make(chan struct{}), make(chan struct{})
		tap.Instead(func(http.ResponseWriter, *http.Request) { close(received); <-finish })
		bff := limited(t, handlerConfig{auth: tap.URL, limits: httpapi.Limits{InFlight: 1}})
		var slow sync.WaitGroup
		slow.Go(func() {
			if got := bff.newBrowser(t).get("/api/auth/ok"); got.status != http.StatusOK {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
		<-received
		bff.newBrowser(t).get("/api/auth/ok").fails(taskapi.CodeOverloaded)
		bff.newBrowser(t).get("/api/session").fails(taskapi.CodeUnauthenticated)
		close(finish)
		slow.Wait()
	})
}

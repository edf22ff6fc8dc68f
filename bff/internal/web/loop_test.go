package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestAppThatForwardsBetterAuthToTheBFF_DoesNotLoop checks an app that has Better Auth at
// BETTER_AUTH_URL but forwards everything below /api to the bff.
func TestAppThatForwardsBetterAuthToTheBFF_DoesNotLoop(t *testing.T) {
	t.Parallel()
	var forwarded atomic.Int32
	var toBFF atomic.Pointer[httputil.ReverseProxy]
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forwarded.Add(1) > 20 {
			w.WriteHeader(http.StatusServiceUnavailable) // ends the loop of a bff that does not
			return
		}
		r.Header.Add("Via", "1.1 app")
		toBFF.Load().ServeHTTP(w, r)
	}))
	t.Cleanup(app.Close)
	log := &logBuffer{}
	bff := httptest.NewServer(newHandler(t, handlerConfig{public: app.URL, auth: parse(t, app.URL), tasks: app.URL, log: log}))
	t.Cleanup(bff.Close)
	toBFF.Store(httputil.NewSingleHostReverseProxy(parse(t, bff.URL)))
	for _, path := range []string{"/api/auth/get-session", "/api/session"} {
		forwarded.Store(0)
		response := (&site{url: app.URL}).newBrowser(t).do(http.MethodGet, path, nil, http.Header{"Cookie": {session.CookieName + "=a.b"}})
		response.fails(taskapi.CodeAuthUnavailable)
		if got := forwarded.Load(); got != 2 {
			t.Errorf("%s: the app forwarded %d requests, want the browser's and the bff's", path, got)
		}
	}
	if lines := strings.Join(log.Log(), ""); !strings.Contains(lines, "keep /api/auth in the app") {
		t.Errorf("the log does not say how to fix it:\n%s", lines)
	}
}

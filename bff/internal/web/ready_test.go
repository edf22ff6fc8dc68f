package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/services/httpapi"
)

func TestReadiness_NeedsTheTaskServiceAndBetterAuthOnce(t *testing.T) {
	t.Parallel()
	auth := servertest.StartAuth(t, "http://localhost")
	tasks := servertest.StartTasks(t, auth)
	authTap, tasksTap := servertest.NewTap(t, auth.URL), servertest.NewTap(t, tasks.URL)
	betterAuth := session.NewBetterAuth(authTap.URL)
	t.Cleanup(betterAuth.Transport.CloseIdleConnections)
	operations := web.NewOperationsHandler(httpapi.NewMetrics(), betterAuth, tasksTap.URL, new(httpapi.Drain).Check())

	wantReadiness := func(status int, wantAuth, wantTasks string) {
		t.Helper()
		w := httptest.NewRecorder()
		operations.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		var got struct {
			Ready  bool
			Checks map[string]string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
		for name, text := range got.Checks {
			// The rest is the text of the network error.
			got.Checks[name], _, _ = strings.Cut(text, ":")
		}
		if diff := cmp.Diff(map[string]string{"auth": wantAuth, "tasks": wantTasks, "stopping": "ok"}, got.Checks); diff != "" {
			t.Errorf("checks (-want +got):\n%s", diff)
		}
		if w.Code != status || got.Ready != (status == http.StatusOK) {
			t.Errorf("%d %s, want %d", w.Code, w.Body, status)
		}
	}
	unavailable := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

	authTap.Instead(unavailable)
	wantReadiness(http.StatusServiceUnavailable, "better auth responded with 503 for its keys", "ok")
	authTap.Instead(nil)
	wantReadiness(http.StatusOK, "ok", "ok")

	tasksTap.Instead(unavailable)
	wantReadiness(http.StatusServiceUnavailable, "ok", "the task service responded with status 503")
	tasksTap.Instead(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	before := len(tasksTap.Requests())
	wantReadiness(http.StatusServiceUnavailable, "ok", "the task service is unavailable")
	if n := len(tasksTap.Requests()) - before; n != 1 {
		t.Errorf("one probe sent %d requests to the task service", n)
	}
	tasksTap.Instead(nil)

	// Cached sessions are still served.
	auth.Stop()
	wantReadiness(http.StatusOK, "better auth does not respond", "ok")

	// Probes are not logged; other requests are.
	response, err := http.Get(tasks.URL.JoinPath("/another").String())
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	for _, line := range logged(t, tasks, `"msg":"request"`) {
		if !strings.Contains(line, `"path":"/…"`) {
			t.Errorf("the task service logged %s", line)
		}
	}

	// Some load balancers probe with HEAD.
	w := httptest.NewRecorder()
	operations.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/readyz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("HEAD /readyz: %d", w.Code)
	}
	w = httptest.NewRecorder()
	operations.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("/healthz: %d %s", w.Code, w.Body)
	}
}

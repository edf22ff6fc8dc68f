package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tasklane/tasklane/services/httpapi"
)

func TestProfiles_AreOffByDefault(t *testing.T) {
	t.Parallel()
	plain := httpapi.NewOperationsHandler(httpapi.NewMetrics())
	for _, tc := range []struct {
		name    string
		handler http.Handler
		path    string
		status  int
	}{
		{"not by default", plain, "/debug/pprof/heap", http.StatusNotFound},
		{"when enabled", httpapi.WithProfiles(plain), "/debug/pprof/heap", http.StatusOK},
		{"never the command line", httpapi.WithProfiles(plain), "/debug/pprof/cmdline", http.StatusNotFound},
		{"health is still served", httpapi.WithProfiles(plain), "/healthz", http.StatusOK},
	} {
		rec := httptest.NewRecorder()
		tc.handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.path, nil))
		if rec.Code != tc.status {
			t.Errorf("%s: %d, want %d", tc.name, rec.Code, tc.status)
		}
	}
}

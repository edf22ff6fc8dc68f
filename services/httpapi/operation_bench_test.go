package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/httpapi"
)

// BenchmarkOperation measures the overhead of an operation that does nothing.
func BenchmarkOperation(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	log, flush := httpapi.NewLog(file, slog.LevelInfo)
	defer flush()
	metrics := httpapi.NewMetrics()
	router := httpapi.NewRouter(httpapi.Observers{Log: log, Metrics: metrics})
	api := httpapi.NewAPI(router, httpapi.Config{
		Title: "Test", Version: "1", Metrics: metrics,
		Limits: httpapi.Limits{InFlight: 500, Streams: 500, Rate: httpapi.Rate{PerSecond: 1e6, Burst: 1_000_000}},
	})
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		httpapi.SetUser(ctx.Context(), "alice", nil)
		next(ctx)
	}, api.LimitRate, api.Receive, api.LimitInFlight)
	httpapi.Register(api, huma.Operation{OperationID: "nothing", Method: http.MethodGet, Path: "/nothing"}, nil,
		func(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil })

	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/nothing", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if router.ServeHTTP(w, r); w.Code != http.StatusNoContent {
			b.Fatalf("status %d", w.Code)
		}
	}
}

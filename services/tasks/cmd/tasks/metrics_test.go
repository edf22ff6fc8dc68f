package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/metricstest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestMetrics_CountRequestsAndPurges checks the metrics after three requests and a purge.
func TestMetrics_CountRequestsAndPurges(t *testing.T) {
	t.Parallel()
	log, issuer := slog.New(slog.DiscardHandler), issuertest.New(t)
	key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
	tokens, err := jwtauth.New(t.Context(), jwtauth.Config{JWKSURL: issuer.URL, Issuer: issuertest.Name, Audience: issuertest.Audience}, log)
	if err != nil {
		t.Fatal(err)
	}
	tasks := storetest.New(t)
	hub := feed.New(store.NewBus(tasks, ""), log)
	metrics := newMetrics(tasks, tokens, hub)
	maintenance := newMaintenance(tasks, log, metrics)
	maintenance.purge(t.Context())
	maintenance.measure(t.Context())
	handler := api.NewHandler(api.Parts{Log: log, Store: tasks, Tokens: tokens, Hub: hub, Metrics: metrics})
	token := key.Token(t, issuertest.Claims("alice"), nil)
	request := func(token string, want int) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/tasks", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		if handler.ServeHTTP(rec, req); rec.Code != want {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	request(token, http.StatusOK)
	request(token, http.StatusOK)
	request(token[:len(token)-4]+"AAAA", http.StatusUnauthorized)

	page := metricstest.Check(t, httpapi.NewOperationsHandler(metrics), "../../OPERATING.md",
		`tasklane_build_info{revision="",version="dev"} 1`,
		`tasklane_requests_total{operation="listTasks",status="200"} 2`,
		`tasklane_tokens_checked_total 2`,
		`tasklane_tokens_rejected_total 1`,
		`tasklane_purges_total{outcome="done"} 1`,
		`tasklane_purges_total{outcome="failed"} 0`,
		`tasklane_purged_rows_total 0`,
		`tasklane_tokens_cached_total 1`,
		`tasklane_jwks_keys 1`,
		`tasklane_jwks_fetch_failures_total 0`,
		`tasklane_pool_connections_acquired 0`,
		`tasklane_pool_connections_idle 1`,
		`tasklane_streams_open 0`,
	)
	if !regexp.MustCompile(`(?m)^tasklane_table_bytes\{table="idempotency_keys"\} [1-9]`).MatchString(page) {
		t.Error("the metric of table sizes is missing")
	}
}

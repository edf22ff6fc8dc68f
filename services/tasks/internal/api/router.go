// Package api is the HTTP API of the task service.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// Parts are the parts of the service.
type Parts struct {
	Log    *slog.Logger
	Store  *store.Store
	Tokens Verifier
	// Hub receives notifications of changes and wakes the streams.
	Hub *feed.Hub
	// Limits bound the work. The zero Limits bound nothing.
	Limits httpapi.Limits
	// Metrics and Tracing, unless nil, observe every request.
	Metrics *httpapi.Metrics
	Tracing trace.TracerProvider
	// Heartbeat is the interval of comments on an idle stream; zero means 15
	// seconds.
	Heartbeat time.Duration
}

// Verifier authenticates callers by their bearer tokens.
type Verifier interface {
	Verify(ctx context.Context, token string) (jwtauth.Identity, error)
}

// NewHandler returns the task service's public handler.
func NewHandler(parts Parts) http.Handler {
	handler, _ := newAPI(parts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Load balancers probe HEAD /, too often for logs and metrics.
		if r.Method == http.MethodHead && r.URL.Path == "/" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// Document returns the OpenAPI document of the task service, as YAML.
func Document() ([]byte, error) {
	_, api := newAPI(Parts{Log: slog.New(slog.DiscardHandler)})
	return api.OpenAPI().YAML()
}

func newAPI(parts Parts) (http.Handler, *httpapi.API) {
	router := httpapi.NewRouter(httpapi.Observers{Log: parts.Log, Metrics: parts.Metrics, Tracing: parts.Tracing})
	httpapi.ServeDocs(router)
	api := httpapi.NewAPI(router, httpapi.Config{
		Title:       "Tasklane task service",
		Version:     "1.0.0",
		Description: "Keeps the to-do lists of users who are signed in with Better Auth. Every operation acts on the tasks and lists of the user in the bearer token.",
		Tags:        operations.Tags(),
		SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT",
			Description: "A JWT of the Better Auth server, signed with RS256, ES256 or EdDSA.",
		}},
		Errors:         errorTable,
		Detail:         addDetail,
		RequestTimeout: budget.Service,
		Limits:         parts.Limits,
		StreamsPerUser: streamsPerUser,
		Metrics:        parts.Metrics,
	})
	api.UseMiddleware(authenticate(api, parts.Tokens), api.LimitRate, api.Receive, api.LimitInFlight)

	h := &handlers{
		store: parts.Store, log: parts.Log, hub: parts.Hub,
		pages:     httpapi.NewShared[pageKey, operations.ChangePage](api, operations.PageMemory),
		heartbeat: cmp.Or(parts.Heartbeat, httpapi.DefaultHeartbeat),
	}
	parts.Metrics.Counter("tasklane_stream_events_total", "Changes sent to streams.", func() float64 { return float64(h.sent.Load()) })
	operations.Register(operations.Server{
		API:      api,
		Security: []map[string][]string{{"bearer": {}}},
		Codes: []taskapi.ErrorCode{
			taskapi.CodeUnauthenticated, taskapi.CodeTokenExpired,
			taskapi.CodeRateLimited, taskapi.CodeOverloaded, taskapi.CodeUnavailable,
		},
	}, operations.Handlers{
		Resources:           h,
		GetTaskStats:        h.getTaskStats,
		ListTaskOccurrences: h.listTaskOccurrences,
		GetAgenda:           h.getAgenda,
		ListChanges:         h.listChanges,
		WatchChanges:        h.watchChanges,
		Batch:               h.batch,
	})
	h.registerEraseUser(api)
	return router, api
}

// handlers implement the operations.
type handlers struct {
	store *store.Store
	log   *slog.Logger
	hub   *feed.Hub
	pages *httpapi.Shared[pageKey, operations.ChangePage]
	// sent counts the changes sent to streams.
	sent      atomic.Int64
	heartbeat time.Duration
}

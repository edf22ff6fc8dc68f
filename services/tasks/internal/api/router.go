// Package api is the task service as HTTP shows it.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// Tasks is what the operations need of the store.
type Tasks interface {
	ListTasks(ctx context.Context, user string, options taskapi.ListTasksOptions) (store.TaskPage, error)
	GetTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error)
	CreateTask(ctx context.Context, user string, req taskapi.CreateTaskRequest, on store.Conditions) (store.Outcome, error)
	ReplaceTask(ctx context.Context, user string, id uuid.UUID, req taskapi.ReplaceTaskRequest, on store.Conditions) (store.Outcome, error)
	UpdateTask(ctx context.Context, user string, id uuid.UUID, req taskapi.UpdateTaskRequest, on store.Conditions) (store.Outcome, error)
	DeleteTask(ctx context.Context, user string, id uuid.UUID, on store.Conditions) (store.Outcome, error)
	RestoreTask(ctx context.Context, user string, id uuid.UUID, on store.Conditions) (store.Outcome, error)
	EraseTask(ctx context.Context, user string, id uuid.UUID, on store.Conditions) (store.Outcome, error)
	Batch(ctx context.Context, user string, operations []taskapi.BatchOperation, key *store.IdempotencyKey) (store.Outcome, error)
	Stats(ctx context.Context, user, timeZone string) (taskapi.Stats, error)
	Changes(ctx context.Context, user string, after int64, limit int) (store.ChangePage, error)
}

// Verifier turns a bearer token into a user id.
type Verifier interface {
	Verify(ctx context.Context, token string) (jwtauth.Identity, error)
}

// identity is who calls.
type identity = jwtauth.Identity

// errorTable says how each error is told to a client.
var errorTable = []httpapi.ErrorStatus{
	{Err: jwtauth.ErrExpired, Code: taskapi.CodeTokenExpired, Sentence: "The token has expired."},
	{Err: jwtauth.ErrInvalid, Code: taskapi.CodeUnauthenticated, Sentence: "The token is not valid here."},
	{Err: jwtauth.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "Tokens cannot be checked at the moment. Try again shortly."},
	{Err: store.ErrNotFound, Code: taskapi.CodeTaskNotFound, Sentence: "Task not found."},
	{Err: store.ErrVersionConflict, Code: taskapi.CodeVersionConflict, Sentence: "The task has changed in the meantime."},
	{Err: store.ErrInvalidCursor, Code: taskapi.CodeInvalidCursor, Sentence: "The cursor does not belong to this list. Start again without one."},
	{Err: store.ErrCursorExpired, Code: taskapi.CodeCursorExpired, Sentence: "Changes since then are no longer known. List the tasks again."},
	{Err: store.ErrKeyReused, Code: taskapi.CodeIdempotencyKeyReused, Sentence: "The Idempotency-Key belongs to a different request."},
	{Err: store.ErrInProgress, Code: taskapi.CodeIdempotencyInProgress, Sentence: "A request with this Idempotency-Key is still being carried out."},
	{Err: store.ErrBusy, Code: taskapi.CodeOverloaded, Sentence: "Too much is being changed at once. Try again shortly."},
	{Err: store.ErrAborted, Code: taskapi.CodeOverloaded, Sentence: "Too much is being changed at once. Try again shortly."},
	{Err: store.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "Tasks cannot be reached at the moment. Try again shortly."},
}

// addDetail adds what the error knows of the task and, in a batch, of the
// operation.
func addDetail(err error, p *httpapi.Problem) {
	var conflict *store.ConflictError
	if errors.As(err, &conflict) {
		p.WithCurrent(conflict.Current)
	}
	var failed *store.BatchError
	if errors.As(err, &failed) {
		field := taskapi.FieldError{Field: fmt.Sprintf("operations[%d].id", failed.Index), Code: taskapi.FieldNotFound, Message: "is no task outside the trash"}
		if conflict != nil {
			field = taskapi.FieldError{Field: fmt.Sprintf("operations[%d].version", failed.Index), Code: taskapi.FieldConflict, Message: "is not the task's version"}
		}
		p.WithFields(field)
	}
}

// Parts are what the service is made of.
type Parts struct {
	Log    *slog.Logger
	Tasks  Tasks
	Tokens Verifier
	// Hub is told of changes and wakes those who watch.
	Hub *feed.Hub
	// Limits bound what is taken on. The zero Limits bound nothing.
	Limits httpapi.Limits
	// Metrics and Tracing, unless nil, see every request.
	Metrics *httpapi.Metrics
	Tracing trace.TracerProvider
	// Heartbeat is how often a quiet stream shows that it lives; zero means
	// every 15 seconds.
	Heartbeat time.Duration
}

// NewHandler returns the task service's public handler.
func NewHandler(parts Parts) http.Handler {
	handler, _ := newAPI(parts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What stands in front sees with it, all the time, whether requests
		// are taken: too often for logs and metrics.
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

// newAPI is the table of contents.
func newAPI(parts Parts) (http.Handler, *httpapi.API) {
	router := httpapi.NewRouter(httpapi.Observers{Log: parts.Log, Metrics: parts.Metrics, Tracing: parts.Tracing})
	httpapi.ServeDocs(router)
	api := httpapi.NewAPI(router, httpapi.Config{
		Title:       "Tasklane task service",
		Version:     "1.0.0",
		Description: "Keeps the to-do lists of users who are signed in with Better Auth. Every operation acts on the tasks of the user in the bearer token.",
		Tags:        []*huma.Tag{taskop.Tag, taskop.ChangesTag},
		SecuritySchemes: map[string]*huma.SecurityScheme{bearer: {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT",
			Description: "A JWT of the Better Auth server, signed with RS256, ES256 or EdDSA.",
		}},
		Errors:  errorTable,
		Detail:  addDetail,
		Limits:  parts.Limits,
		Metrics: parts.Metrics,
	})
	api.UseMiddleware(authenticate(api, parts.Tokens), api.LimitRate, api.Receive, api.Share)
	taskop.DescribeChange[taskapi.Change](api.OpenAPI().Components.Schemas)
	h := handlers{tasks: parts.Tasks, log: parts.Log, hub: parts.Hub, streams: httpapi.NewUserGate(streamsPerUser), heartbeat: cmp.Or(parts.Heartbeat, httpapi.DefaultHeartbeat), sent: new(atomic.Int64)}
	parts.Metrics.Counter("tasklane_stream_events_total", "Changes sent to streams.", func() float64 { return float64(h.sent.Load()) })

	register(api, taskop.List(), h.list, taskapi.CodeInvalidCursor)
	register(api, taskop.Create(), h.create, once...)
	register(api, taskop.Batch(), h.batch, oneTask...)
	register(api, taskop.Stats(), h.stats)
	register(api, taskop.Changes(), h.changes, taskapi.CodeCursorExpired)
	httpapi.RegisterStream(api, signedIn(taskop.Watch()), signedInCodes(taskapi.CodeCursorExpired), h.watch)
	register(api, taskop.Get(), h.get, taskapi.CodeTaskNotFound)
	register(api, taskop.Replace(), h.replace, oneTask...)
	register(api, taskop.Update(api.OpenAPI().Components.Schemas), h.update, oneTask...)
	register(api, taskop.Delete(), h.delete, oneTask...)
	register(api, taskop.Restore(), h.restore, oneTask...)
	return router, api
}

// The codes of writes: with an idempotency key, and of tasks that have to be
// there.
var (
	once    = []taskapi.ErrorCode{taskapi.CodeIdempotencyInProgress, taskapi.CodeIdempotencyKeyReused}
	oneTask = append([]taskapi.ErrorCode{taskapi.CodeTaskNotFound, taskapi.CodeVersionConflict}, once...)
)

// bearer names the security scheme.
const bearer = "bearer"

// register adds an operation of a signed-in user, with the codes that only it
// has.
func register[I, O any](api *httpapi.API, op huma.Operation, handler func(context.Context, *I) (*O, error), codes ...taskapi.ErrorCode) {
	httpapi.Register(api, signedIn(op), signedInCodes(codes...), handler)
}

func signedIn(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{bearer: {}}}
	return op
}

func signedInCodes(codes ...taskapi.ErrorCode) []taskapi.ErrorCode {
	return append(slices.Clone(codes), taskapi.CodeUnauthenticated, taskapi.CodeTokenExpired,
		taskapi.CodeRateLimited, taskapi.CodeOverloaded, taskapi.CodeUnavailable)
}

type identityKey struct{}

// identityFrom returns whom authenticate found.
func identityFrom(ctx context.Context) identity {
	id, _ := ctx.Value(identityKey{}).(identity)
	return id
}

// userFrom returns the id of the user that authenticate found.
func userFrom(ctx context.Context) string { return identityFrom(ctx).User }

// authenticate puts the token's user into the request's context. It is the
// only place where a user id comes from.
func authenticate(api *httpapi.API, tokens Verifier) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		id, err := verify(ctx.Context(), tokens, ctx.Header("Authorization"))
		if err != nil {
			problem := api.Problem(ctx.Context(), err)
			if problem.Status == http.StatusUnauthorized {
				problem.WithHeader("WWW-Authenticate", challenge(err))
			}
			httpapi.WriteTo(ctx, problem)
			return
		}
		httpapi.SetUser(ctx.Context(), id.User)
		next(huma.WithValue(ctx, identityKey{}, id))
	}
}

func verify(ctx context.Context, tokens Verifier, authorization string) (identity, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return identity{}, httpapi.NewProblem(taskapi.CodeUnauthenticated, "This needs a bearer token.")
	}
	id, err := tokens.Verify(ctx, strings.TrimSpace(token))
	if err != nil {
		return identity{}, fmt.Errorf("verify the token: %w", err)
	}
	return id, nil
}

// challenge is what RFC 6750 asks for: the reason, where a token was sent.
func challenge(err error) string {
	switch {
	case errors.Is(err, jwtauth.ErrExpired):
		return `Bearer error="invalid_token", error_description="The token has expired."`
	case errors.Is(err, jwtauth.ErrInvalid):
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}

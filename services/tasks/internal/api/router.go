// Package api is the task service as HTTP shows it.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// requestTimeout bounds the work on one request.
const requestTimeout = 10 * time.Second

// Tasks is what the operations need of the store.
type Tasks interface {
	ListTasks(ctx context.Context, user string, options taskapi.ListTasksOptions) (store.TaskPage, error)
	CreateTask(ctx context.Context, user string, req taskapi.CreateTaskRequest) (taskapi.Task, error)
	GetTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error)
	ReplaceTask(ctx context.Context, user string, id uuid.UUID, req taskapi.ReplaceTaskRequest) (taskapi.Task, error)
	UpdateTask(ctx context.Context, user string, id uuid.UUID, req taskapi.UpdateTaskRequest) (taskapi.Task, error)
	DeleteTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error)
}

// Verifier turns a bearer token into a user id.
type Verifier interface {
	Verify(ctx context.Context, token string) (userID string, err error)
}

// errorTable says how each error is told to a client.
var errorTable = []httpapi.ErrorStatus{
	{Err: jwtauth.ErrExpired, Code: taskapi.CodeTokenExpired, Sentence: "The token has expired."},
	{Err: jwtauth.ErrInvalid, Code: taskapi.CodeUnauthenticated, Sentence: "The token is not valid here."},
	{Err: jwtauth.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "Tokens cannot be checked at the moment. Try again shortly."},
	{Err: store.ErrNotFound, Code: taskapi.CodeTaskNotFound, Sentence: "Task not found."},
	{Err: store.ErrInvalidCursor, Code: taskapi.CodeInvalidCursor, Sentence: "The cursor does not belong to this list. Start again without one."},
	{Err: store.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "Tasks cannot be reached at the moment. Try again shortly."},
}

// NewHandler returns the task service's public handler.
func NewHandler(log *slog.Logger, tasks Tasks, tokens Verifier) http.Handler {
	handler, _ := newAPI(log, tasks, tokens)
	return handler
}

// Document returns the OpenAPI document of the task service, as YAML.
func Document() ([]byte, error) {
	_, api := newAPI(slog.New(slog.DiscardHandler), nil, nil)
	return api.OpenAPI().YAML()
}

// newAPI is the table of contents.
func newAPI(log *slog.Logger, tasks Tasks, tokens Verifier) (http.Handler, *httpapi.API) {
	router := httpapi.NewRouter(log)
	router.Use(httpapi.LimitTime(requestTimeout))
	api := httpapi.NewAPI(router, httpapi.Config{
		Title:       "Tasklane task service",
		Version:     "1.0.0",
		Description: "Keeps the to-do lists of users who are signed in with Better Auth. Every operation acts on the tasks of the user in the bearer token.",
		Tags:        []*huma.Tag{taskop.Tag},
		SecuritySchemes: map[string]*huma.SecurityScheme{bearer: {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT",
			Description: "A JWT of the Better Auth server, signed with RS256, ES256 or EdDSA.",
		}},
		Errors: errorTable,
	})
	api.UseMiddleware(authenticate(api, tokens))
	h := handlers{tasks: tasks}

	register(api, taskop.List(), h.list, taskapi.CodeInvalidCursor)
	register(api, taskop.Create(), h.create)
	register(api, taskop.Get(), h.get, taskapi.CodeTaskNotFound)
	register(api, taskop.Replace(), h.replace, taskapi.CodeTaskNotFound)
	register(api, taskop.Update(api.OpenAPI().Components.Schemas), h.update, taskapi.CodeTaskNotFound)
	register(api, taskop.Delete(), h.delete, taskapi.CodeTaskNotFound)
	return router, api
}

// bearer names the security scheme.
const bearer = "bearer"

// register adds an operation of a signed-in user, with the codes that only it
// has.
func register[I, O any](api *httpapi.API, op huma.Operation, handler func(context.Context, *I) (*O, error), codes ...taskapi.ErrorCode) {
	op.Security = []map[string][]string{{bearer: {}}}
	codes = append(codes, taskapi.CodeUnauthenticated, taskapi.CodeTokenExpired, taskapi.CodeUnavailable)
	httpapi.Register(api, op, codes, handler)
}

type userKey struct{}

// userFrom returns the user that authenticate found.
func userFrom(ctx context.Context) string {
	user, _ := ctx.Value(userKey{}).(string)
	return user
}

// authenticate puts the token's user into the request's context. It is the
// only place where a user id comes from.
func authenticate(api *httpapi.API, tokens Verifier) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		user, err := verify(ctx.Context(), tokens, ctx.Header("Authorization"))
		if err != nil {
			problem := api.Problem(ctx.Context(), err)
			if problem.Status == http.StatusUnauthorized {
				problem.WithHeader("WWW-Authenticate", challenge(problem.Code))
			}
			httpapi.WriteTo(ctx, problem)
			return
		}
		httpapi.SetUser(ctx.Context(), user)
		next(huma.WithValue(ctx, userKey{}, user))
	}
}

func verify(ctx context.Context, tokens Verifier, authorization string) (user string, err error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", httpapi.NewProblem(taskapi.CodeUnauthenticated, "This needs a bearer token.")
	}
	user, err = tokens.Verify(ctx, strings.TrimSpace(token))
	if err != nil {
		return "", fmt.Errorf("verify the token: %w", err)
	}
	return user, nil
}

// challenge is what RFC 6750 asks for: the reason, where a token was sent.
func challenge(code taskapi.ErrorCode) string {
	if code == taskapi.CodeTokenExpired {
		return `Bearer error="invalid_token", error_description="The token has expired."`
	}
	return `Bearer error="invalid_token"`
}

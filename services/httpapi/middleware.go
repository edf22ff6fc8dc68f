package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// NewRouter returns a router whose every answer follows the conventions of
// this package, also for a path or a method that does not exist and for a
// panic. It writes one line for each request to log.
func NewRouter(log *slog.Logger) chi.Router {
	r := chi.NewRouter()
	r.Use(identify, logRequests(log), recoverPanics, middleware.GetHead)
	r.NotFound(NotFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		problem := NewProblem(taskapi.CodeMethodNotAllowed, "This path does not accept the method "+req.Method+".")
		for _, method := range allowedMethods(r, req.URL.Path) {
			problem.WithHeader("Allow", method)
		}
		WriteProblem(w, req, problem)
	})
	return r
}

// NotFound answers a request for a path that does not exist.
func NotFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, NewProblem(taskapi.CodeNotFound, "There is nothing at this path."))
}

// allowedMethods returns what the path accepts. chi knows it too but keeps it
// to its own handler.
func allowedMethods(r chi.Router, path string) []string {
	var allowed []string
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	} {
		if r.Match(chi.NewRouteContext(), method, path) || (method == http.MethodHead && len(allowed) > 0) {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// logRequests writes a line for each request once it is answered.
func logRequests(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			next.ServeHTTP(wrapped, r)

			info := requestInfoFrom(r.Context())
			attrs := []slog.Attr{
				slog.String("requestId", info.id),
				slog.String("method", r.Method),
				slog.String("path", cmp.Or(info.path, r.URL.Path)),
				slog.Int("status", wrapped.Status()),
				slog.Int("bytes", wrapped.BytesWritten()),
				slog.Float64("durationMs", float64(time.Since(start).Microseconds())/1000),
			}
			if info.operation != "" {
				attrs = append(attrs, slog.String("operation", info.operation))
			}
			if info.user != "" {
				attrs = append(attrs, slog.String("user", hashUser(info.user)))
			}
			if info.code != "" {
				attrs = append(attrs, slog.String("code", string(info.code)))
			}
			level := slog.LevelInfo
			if wrapped.Status() >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			if info.cause != nil {
				attrs = append(attrs, slog.String("error", info.cause.Error()))
			}
			log.LogAttrs(r.Context(), level, "request", attrs...)
		})
	}
}

// hashUser shortens a user id to a name that tells users apart in a log
// without saying who they are.
func hashUser(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// recoverPanics answers a panic with an envelope and leaves the stack in the
// log. Where the answer had begun there is nothing left to say, and the
// connection is cut so that the client notices.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			noteCause(r.Context(), fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			if wrapped, ok := w.(middleware.WrapResponseWriter); ok && wrapped.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			WriteProblem(w, r, NewProblem(taskapi.CodeInternal, "Something went wrong on our side."))
		}()
		next.ServeHTTP(w, r)
	})
}

// LimitTime ends the context of a request after d. Operations turn the end
// into the code timeout.
func LimitTime(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), d)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// noteOperation keeps the operation's name for the log.
func noteOperation(ctx huma.Context, next func(huma.Context)) {
	if info := requestInfoFrom(ctx.Context()); info != nil {
		info.operation = ctx.Operation().OperationID
	}
	next(ctx)
}

// checkMediaType refuses a body of a type that the operation does not list.
// Huma itself would read it as JSON, or fail with a text of its own.
func checkMediaType(ctx huma.Context, next func(huma.Context)) {
	body := ctx.Operation().RequestBody
	if body == nil {
		next(ctx)
		return
	}
	mediaType, _, err := mime.ParseMediaType(ctx.Header("Content-Type"))
	if _, listed := body.Content[mediaType]; err != nil || !listed {
		WriteTo(ctx, unsupportedMediaType())
		return
	}
	next(ctx)
}

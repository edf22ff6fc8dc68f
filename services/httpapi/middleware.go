package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// NewRouter returns a router whose responses follow the conventions of this package,
// including those for unknown paths and methods and after a panic.
func NewRouter(observers Observers) chi.Router {
	r := chi.NewRouter()
	r.Use(setRequestID, keepPrivate, observers.trace, observers.observe, recoverPanics, limitReading(readTimeout), middleware.GetHead, closeAfterChunks)
	r.NotFound(NotFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) { rejectMethod(r, w, req) })
	return r
}

// keepPrivate disables caching and content sniffing. Handlers of public content set
// other headers.
func keepPrivate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// NotFound responds to a request for an unknown path.
func NotFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, NewProblem(taskapi.CodeNotFound, "There is nothing at this path."))
}

// methods are the methods that a path may accept.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// rejectMethod responds to a request whose path does not accept its method. chi calls it
// also for unknown paths, if it does not know the method.
func rejectMethod(routes chi.Routes, w http.ResponseWriter, r *http.Request) {
	problem := NewProblem(taskapi.CodeMethodNotAllowed, "This path does not accept the method "+r.Method+".")
	pattern := ""
	for _, method := range methods {
		found := routes.Find(chi.NewRouteContext(), method, r.URL.Path)
		if method == http.MethodHead {
			found = cmp.Or(found, pattern)
		}
		// The first pattern, because /api/tasks/stats also matches /api/tasks/{id}.
		pattern = cmp.Or(pattern, found)
		if pattern != "" && found == pattern {
			problem.WithHeader("Allow", method)
		}
	}
	if pattern == "" {
		NotFound(w, r)
		return
	}
	WriteProblem(w, r, problem)
}

// checkPath is a middleware that rejects a request for a path such as /api/tasks/stats,
// which chi routes to /api/tasks/{id} if only that has the method.
func (a *API) checkPath(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if path := r.URL.Path; path != ctx.Operation().Path && a.OpenAPI().Paths[path] != nil {
		rejectMethod(chi.RouteContext(r.Context()).Routes, w, r)
		return
	}
	next(ctx)
}

// recoverPanics turns a panic into a problem and logs the stack. If the response has
// begun, it closes the connection so that the client notices.
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
			SetLoggedCause(r.Context(), fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			if wrapped, ok := w.(middleware.WrapResponseWriter); ok && wrapped.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			WriteProblem(w, r, NewProblem(taskapi.CodeInternal, "Something went wrong on our side."))
		}()
		next.ServeHTTP(w, r)
	})
}

// readTimeout bounds how long a request body may take to arrive, even if the handler
// does not read it: the server reads the rest before it responds. It is longer than any
// handler runs, because net/http treats an expired deadline as a closed connection.
const readTimeout = 30 * time.Second

// limitReading sets the read deadline of requests with a body, so that a client that never
// sends it does not keep its connection. Streams remove the deadline.
func limitReading(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != http.NoBody {
				// httptest's recorder has no deadlines.
				_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// closeAfterChunks closes the connection after a request with a chunked body. If the
// request also had a Content-Length, a proxy may disagree about where the request ends,
// and the next request on the connection could bypass the proxy's checks (RFC 9112,
// section 6.1).
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// checkMediaType rejects a compressed body and one whose type the operation does not
// list. Huma itself would parse it as JSON, or fail with its own error text.
func checkMediaType(ctx huma.Context, next func(huma.Context)) {
	body := ctx.Operation().RequestBody
	if body == nil {
		next(ctx)
		return
	}
	mediaType, _, err := mime.ParseMediaType(JoinedHeader(ctx, "Content-Type"))
	if _, listed := body.Content[mediaType]; err != nil || !listed {
		WriteTo(ctx, unsupportedMediaType())
		return
	}
	if r, _ := humachi.Unwrap(ctx); isEncoded(r) {
		WriteTo(ctx, unsupportedEncoding())
		return
	}
	next(ctx)
}

// isEncoded reports whether the request body is compressed.
func isEncoded(r *http.Request) bool {
	encoding := strings.Join(r.Header.Values("Content-Encoding"), ", ")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

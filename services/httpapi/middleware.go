package httpapi

import (
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

// NewRouter returns a router whose responses all follow the conventions of this
// package, also those to unknown paths and methods, and those after a panic.
func NewRouter(observers Observers) chi.Router {
	r := chi.NewRouter()
	r.Use(identify, keepPrivate, observers.trace, observers.observe, recoverPanics, limitReading(readTimeout), middleware.GetHead, closeAfterChunks)
	r.NotFound(NotFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		allowed := allowedMethods(r, req.URL.Path)
		if len(allowed) == 0 {
			// chi comes here with every method that it does not know.
			r.NotFoundHandler()(w, req)
			return
		}
		problem := NewProblem(taskapi.CodeMethodNotAllowed, "This path does not accept the method "+req.Method+".")
		for _, method := range allowed {
			problem.WithHeader("Allow", method)
		}
		WriteProblem(w, req, problem)
	})
	return r
}

// keepPrivate keeps responses out of caches and forbids browsers to guess their
// type. Handlers of public content set other headers.
func keepPrivate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// NotFound answers a request for a path that does not exist.
func NotFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, NewProblem(taskapi.CodeNotFound, "There is nothing at this path."))
}

// allowedMethods returns the methods that the path accepts. chi knows them but tells
// only its own handler.
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

// recoverPanics answers a panic with an envelope and logs the stack. If the response
// has begun, it cuts the connection so that the client notices.
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
			NoteCause(r.Context(), fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			if wrapped, ok := w.(middleware.WrapResponseWriter); ok && wrapped.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			WriteProblem(w, r, NewProblem(taskapi.CodeInternal, "Something went wrong on our side."))
		}()
		next.ServeHTTP(w, r)
	})
}

// readTimeout bounds how long a request's body may take to arrive, even if nobody
// reads it: the server reads the rest before it answers. It is longer than any
// handler takes, because net/http takes its end for a client that has gone.
const readTimeout = 30 * time.Second

// limitReading keeps a client that promises a body and never sends it from
// holding its connection. Streams lift the limit.
func limitReading(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Only a connection has deadlines; a recorder in a test has none.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
			next.ServeHTTP(w, r)
		})
	}
}

// closeAfterChunks closes a connection after a request with a chunked body. Such a
// request may also have had a Content-Length, by which a proxy in front sees its end
// elsewhere. The next request on the connection could then be one that the proxy has
// not checked (RFC 9112, section 6.1).
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// checkMediaType refuses a body of a type that the operation does not list, or one
// that is compressed. Huma itself would read it as JSON, or fail with a text of
// its own.
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

// isEncoded reports whether the body of a request is compressed.
func isEncoded(r *http.Request) bool {
	encoding := strings.Join(r.Header.Values("Content-Encoding"), ", ")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

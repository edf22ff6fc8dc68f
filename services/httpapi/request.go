package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// RequestIDHeader is the header with the request's id, between servers and back to the
// client.
const RequestIDHeader = "X-Request-Id"

// maxRequestIDLength bounds a request id from the caller.
const maxRequestIDLength = 128

// requestInfo is what middleware and handlers record about a request. Only the request's
// goroutine changes it.
type requestInfo struct {
	id        string
	path      string // to log
	operation string
	user      string
	code      taskapi.ErrorCode
	limit     limit
	cause     error
	// caller is the value that was passed to [SetUser].
	caller any
	slot   slot
	// streamed reports whether the response was a stream, whose duration is not
	// recorded.
	streamed bool
	// stream is set if the response continues after the handler has returned.
	stream *Stream
}

type requestInfoKey struct{}

// requestInfoFrom returns the info of the request of ctx. Outside a request, it returns an
// empty one that nothing else reads.
func requestInfoFrom(ctx context.Context) *requestInfo {
	if info, ok := ctx.Value(requestInfoKey{}).(*requestInfo); ok {
		return info
	}
	return new(requestInfo)
}

// RequestID returns the id of the request of ctx, or "".
func RequestID(ctx context.Context) string { return requestInfoFrom(ctx).id }

// SetLoggedPath sets the path in the log and the trace. The default is the pattern of the
// request's route, because the path itself may contain a secret.
func SetLoggedPath(ctx context.Context, path string) {
	requestInfoFrom(ctx).path = path
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.String("url.path", path))
	}
}

// SetUser sets the user of the request, and the value that [Caller] returns. The log
// contains only a hash of the id.
func SetUser(ctx context.Context, userID string, caller any) {
	info := requestInfoFrom(ctx)
	info.user, info.caller = userID, caller
}

// Caller returns the caller that was passed to [SetUser], or the zero T.
func Caller[T any](ctx context.Context) T {
	caller, _ := requestInfoFrom(ctx).caller.(T)
	return caller
}

// SetLoggedCode sets the error code in the request's log line, for an error response of
// another server.
func SetLoggedCode(ctx context.Context, code taskapi.ErrorCode) { requestInfoFrom(ctx).code = code }

// SetLoggedCause sets the error in the request's log line.
func SetLoggedCause(ctx context.Context, err error) { requestInfoFrom(ctx).cause = err }

// setRequestID is a middleware that sets the request's id: the caller's, if it is safe to
// log, or a new one.
func setRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestIDHeader)
		if !validRequestID(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		w.Header().Set(RequestIDHeader, id)
		ctx := context.WithValue(r.Context(), requestInfoKey{}, &requestInfo{id: id})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func validRequestID(id string) bool {
	if id == "" || len(id) > maxRequestIDLength {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

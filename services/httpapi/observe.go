package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// statusClientGone is the status, in the log and the metrics, of a request whose client
// disconnected before the response, as in nginx.
const statusClientGone = 499

// Observers log, count and trace the requests of a router.
type Observers struct {
	// Log receives a line for each request.
	Log *slog.Logger
	// Metrics count requests. They may be nil.
	Metrics *Metrics
	// Tracing receives a span for each request, which continues the trace in the
	// traceparent header. It may be nil.
	Tracing trace.TracerProvider
	// Public marks a server that anyone may call. Its spans start a new trace,
	// linked to the caller's, so that the caller's traceparent affects neither
	// sampling nor other traces.
	Public bool
}

// trace wraps each request in a span, unless tracing is off.
func (o Observers) trace(next http.Handler) http.Handler {
	if o.Tracing == nil {
		return next
	}
	return otelhttp.NewHandler(next, "",
		otelhttp.WithTracerProvider(o.Tracing),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()), // Metrics has them
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return o.Public }),
		// The name until the operation is known, and for requests without one.
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			return cmp.Or(requestInfoFrom(r.Context()).operation, r.Method)
		}),
	)
}

// observe counts and logs each request after its response, its panic, or the end of its
// stream.
func (o Observers) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		response := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			info := requestInfoFrom(r.Context())
			// A handler that writes nothing responds with 200.
			status, bytes := cmp.Or(response.Status(), http.StatusOK), response.BytesWritten()
			if status >= http.StatusInternalServerError && errors.Is(r.Context().Err(), context.Canceled) {
				status = statusClientGone
			}
			if info.path == "" {
				SetLoggedPath(r.Context(), route(r))
			}
			logged := newLoggedRequest(r, info)
			if info.stream == nil {
				o.report(logged, info, status, bytes, time.Since(start))
				return
			}
			s := info.stream
			info.caller, info.slot = nil, slot{} // the log line needs neither
			s.whenEnded(func() {
				info.cause = s.cause
				o.report(logged, info, status, bytes+int(s.events.sent), time.Since(start))
			})
		}()
		next.ServeHTTP(response, r)
	})
}

// report counts and logs a request.
func (o Observers) report(logged loggedRequest, info *requestInfo, status, bytes int, took time.Duration) {
	o.Metrics.observe(info, status, took)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if ctx := context.Background(); o.Log.Enabled(ctx, level) {
		o.Log.LogAttrs(ctx, level, "request", logLine(logged, info, status, bytes, took)...)
	}
}

// loggedRequest is the part of a request that the log needs. A stream keeps it for hours,
// instead of the whole request.
type loggedRequest struct{ method, path, traceID string }

func newLoggedRequest(r *http.Request, info *requestInfo) loggedRequest {
	logged := loggedRequest{method: r.Method, path: info.path}
	if !slices.Contains(methods, r.Method) {
		logged.method = "_OTHER" // as in traces
	}
	if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
		logged.traceID = span.TraceID().String()
	}
	return logged
}

// logLine returns the attributes of a request's log line.
func logLine(logged loggedRequest, info *requestInfo, status, bytes int, took time.Duration) []slog.Attr {
	const most = 11 // attributes
	attrs := append(make([]slog.Attr, 0, most),
		slog.String("requestId", info.id),
		slog.String("method", logged.method),
		slog.String("path", logged.path),
		slog.Int("status", status),
		slog.Int("bytes", bytes),
		slog.Float64("durationMs", float64(took.Microseconds())/1000),
	)
	if logged.traceID != "" {
		attrs = append(attrs, slog.String("traceId", logged.traceID))
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
	if info.cause != nil {
		attrs = append(attrs, slog.String("error", info.cause.Error()))
	}
	return attrs
}

// hashUser returns a short hash of a user's id, which distinguishes users in the log
// without identifying them.
func hashUser(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// route returns the pattern of the request's route. An unknown path may be anything, such
// as a link with a secret in it, so it is not logged.
func route(r *http.Request) string {
	routes := chi.RouteContext(r.Context()).Routes
	for _, method := range methods {
		if pattern := routes.Find(chi.NewRouteContext(), method, r.URL.Path); pattern != "" {
			return pattern
		}
	}
	return "/…"
}

// uuidLength is the length in characters of an id in its usual form. [uuid.Validate] accepts
// other forms too.
const uuidLength = 36

// recordOperation is a middleware that records the operation's name and path for the log,
// the metrics and the trace. If a path parameter is not an id, the path is the operation's
// pattern, because the client may have sent anything, such as an email address.
func recordOperation(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	SetOperation(ctx.Context(), op.OperationID, op.Path)
	url := ctx.URL()
	path := url.Path
	for _, p := range op.Parameters {
		if p.In != "path" {
			continue
		}
		if id := ctx.Param(p.Name); len(id) != uuidLength || uuid.Validate(id) != nil {
			path = op.Path
		}
	}
	SetLoggedPath(ctx.Context(), path)
	next(ctx)
}

// SetOperation sets the operation's name in the log, the metrics and the trace, for a
// handler that is not an operation of an [API].
func SetOperation(ctx context.Context, name, route string) {
	requestInfoFrom(ctx).operation = name
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetName(name)
		span.SetAttributes(attribute.String("http.route", route))
	}
}

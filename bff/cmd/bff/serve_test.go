package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/metricstest"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

// asProgram names the variable that makes this test program run the bff.
const asProgram = "TEST_AS_BFF"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// TestRequests_AreInMetricsAndTraces sends a few requests through all servers.
func TestRequests_AreInMetricsAndTraces(t *testing.T) {
	t.Parallel()
	const public = "http://localhost"
	traces := newReceiver(t)
	tracing := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + traces.url, "OTEL_BSP_SCHEDULE_DELAY=50"}
	auth := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Env: tracing})
	tasks := servertest.StartTasks(t, auth, tracing...)
	var c config
	if err := environ.ReadFrom(map[string]string{
		"PUBLIC_URL": public, "TASKS_URL": tasks.URL.String(), "BETTER_AUTH_URL": auth.URL.String(), "BETTER_AUTH_SECRET": auth.Secret,
	}, &c); err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewSpanRecorder()
	s, err := newSite(c, slog.New(slog.DiscardHandler), sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), new(httpapi.Drain))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)

	cookies := auth.SignUp()
	get := func(path string, status int, cookies ...*http.Cookie) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, public+path, nil)
		r.Header.Set("Traceparent", "00-"+browsersTrace+"-b7ad6b7169203331-01")
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		if s.browsers.ServeHTTP(w, r); w.Code != status {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	get("/api/tasks?q=a-secret", http.StatusOK, cookies...)
	get("/api/session", http.StatusOK, cookies...)
	get("/api/auth/reset-password/a-secret?callbackURL=/a-secret", http.StatusFound)
	auth.Post("/api/auth/sign-out", map[string]any{}, cookies...)
	other := auth.SignUp()
	auth.Post("/api/auth/sign-out", map[string]any{}, other...)
	get("/api/session", http.StatusUnauthorized, other...)
	forged := *cookies[0]
	forged.Value = "token." + strings.Repeat("A", 43) + "%3D"
	get("/api/session", http.StatusUnauthorized, &forged)

	t.Run("metrics", func(t *testing.T) {
		t.Parallel()
		checkMetrics(t, s.operations)
	})
	t.Run("traces", func(t *testing.T) {
		t.Parallel()
		checkTraces(t, spans.Ended(), traces)
	})
}

// browsersTrace is the id of a sampled trace in a browser's traceparent.
const browsersTrace = "0af7651916cd43dd8448eb211c80319c"

func checkMetrics(t *testing.T, operations http.Handler) {
	metricstest.Check(t, operations, "../../OPERATING.md",
		`tasklane_requests_total{operation="listTasks",status="200"} 1`,
		`tasklane_requests_total{operation="betterAuth",status="302"} 1`,
		`tasklane_exchange_duration_seconds_count{outcome="live"} 1`,
		`tasklane_exchange_duration_seconds_count{outcome="ended"} 1`,
		`tasklane_exchanges_in_flight 0`,
		`tasklane_sessions_cached 1`,
		`tasklane_session_hits_total 1`,
		`tasklane_session_misses_total 2`,
		`tasklane_session_stale_total 0`,
		`tasklane_session_rejections_total 0`,
		`tasklane_session_forged_total 1`,
		`tasklane_upstream_requests_total{status="200",upstream="auth"} 2`,
		`tasklane_upstream_requests_total{status="302",upstream="auth"} 1`,
		`tasklane_upstream_requests_total{status="200",upstream="tasks"} 1`,
		`tasklane_upstream_duration_seconds_count{upstream="tasks"} 1`,
	)
}

func checkTraces(t *testing.T, spans []sdktrace.ReadOnlySpan, collected *receiver) {
	named := func(name string) sdktrace.ReadOnlySpan {
		t.Helper()
		for _, span := range spans {
			if span.Name() == name {
				return span
			}
		}
		t.Fatalf("no span is named %s", name)
		return nil
	}
	request, exchange, call := named("listTasks"), named("GET auth"), named("GET tasks")
	if request.Parent().IsValid() || len(request.Links()) != 1 || request.Links()[0].SpanContext.TraceID().String() != browsersTrace {
		t.Errorf("the request's span continues %s and has links to %v", request.Parent().TraceID(), request.Links())
	}
	for _, child := range []sdktrace.ReadOnlySpan{exchange, call} {
		if child.SpanKind() != trace.SpanKindClient || child.Parent().SpanID() != request.SpanContext().SpanID() {
			t.Errorf("%s, a span of kind %s, is not a child of the request's", child.Name(), child.SpanKind())
		}
	}
	for _, span := range spans {
		for _, attribute := range span.Attributes() {
			if text := attribute.Value.String(); strings.Contains(text, "a-secret") || strings.Contains(text, session.CookieName) {
				t.Errorf("%s: %s is %s", span.Name(), attribute.Key, text)
			}
		}
	}

	// The servers' own spans of the requests are children of the calls'.
	for name, parent := range map[string]trace.SpanContext{"listTasks": call.SpanContext(), "get-session": exchange.SpanContext()} {
		collected.await(t, name, parent.TraceID(), parent.SpanID())
	}
	// Better Auth creates one for each operation on its database.
	collected.await(t, "db findOne session", exchange.SpanContext().TraceID(), trace.SpanID{})
}

// receiver is a collector of the traces of other processes.
type receiver struct {
	url string

	mu       sync.Mutex
	requests []*collector.ExportTraceServiceRequest
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		request := new(collector.ExportTraceServiceRequest)
		if err != nil || proto.Unmarshal(body, request) != nil {
			t.Errorf("%s got %q, %v", req.URL, body, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests = append(r.requests, request)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// await waits for a span of this name and trace that has this parent, unless that is zero.
func (r *receiver) await(t *testing.T, name string, traceID trace.TraceID, parent trace.SpanID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		found := r.named(name)
		if slices.ContainsFunc(found, func(span *otlp.Span) bool {
			return bytes.Equal(span.GetTraceId(), traceID[:]) && (!parent.IsValid() || bytes.Equal(span.GetParentSpanId(), parent[:]))
		}) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no span %s of the trace %s below %s arrived, but %v", name, traceID, parent, found)
		}
	}
}

// named returns the spans of this name that have arrived.
func (r *receiver) named(name string) (found []*otlp.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range r.requests {
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					if span.GetName() == name {
						found = append(found, span)
					}
				}
			}
		}
	}
	return found
}

package main

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
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

// TestWhatOperatorsSee checks the metrics and the traces of a few requests through all
// servers.
func TestWhatOperatorsSee(t *testing.T) {
	t.Parallel()
	const public = "http://localhost"
	traces := newReceiver(t)
	auth := servertest.StartAuth(t, public)
	tasks := servertest.StartTasks(t, auth, "OTEL_EXPORTER_OTLP_ENDPOINT="+traces.url, "OTEL_BSP_SCHEDULE_DELAY=50")
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
	ask := func(path string, status int, cookies ...*http.Cookie) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, public+path, nil)
		r.Header.Set("Traceparent", "00-"+strangersTrace+"-b7ad6b7169203331-01")
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		if s.browsers.ServeHTTP(w, r); w.Code != status {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	ask("/api/tasks?q=a-secret", http.StatusOK, cookies...)
	ask("/api/session", http.StatusOK, cookies...)
	ask("/api/auth/reset-password/a-secret?callbackURL=/a-secret", http.StatusFound)
	auth.Post("/api/auth/sign-out", map[string]any{}, cookies...)
	other := auth.SignUp()
	auth.Post("/api/auth/sign-out", map[string]any{}, other...)
	ask("/api/session", http.StatusUnauthorized, other...)
	forged := *cookies[0]
	forged.Value = "token." + strings.Repeat("A", 43) + "%3D"
	ask("/api/session", http.StatusUnauthorized, &forged)

	t.Run("metrics", func(t *testing.T) {
		t.Parallel()
		checkMetrics(t, s.operations)
	})
	t.Run("traces", func(t *testing.T) {
		t.Parallel()
		checkTraces(t, spans.Ended(), traces)
	})
}

// strangersTrace is a browser's own, sampled trace.
const strangersTrace = "0af7651916cd43dd8448eb211c80319c"

func checkMetrics(t *testing.T, operations http.Handler) {
	metricstest.Check(t, operations, "../../OPERATING.md",
		`tasklane_requests_total{operation="listTasks",status="200"} 1`,
		`tasklane_requests_total{operation="betterAuth",status="302"} 1`,
		`tasklane_exchange_duration_seconds_count{outcome="live"} 1`,
		`tasklane_exchange_duration_seconds_count{outcome="ended"} 1`,
		`tasklane_exchanges_in_flight 0`,
		`tasklane_sessions_remembered 1`,
		`tasklane_session_hits_total 1`,
		`tasklane_session_misses_total 2`,
		`tasklane_session_stale_total 0`,
		`tasklane_session_refusals_total 0`,
		`tasklane_session_forged_total 1`,
		`tasklane_upstream_requests_total{status="200",upstream="auth"} 2`,
		`tasklane_upstream_requests_total{status="302",upstream="auth"} 1`,
		`tasklane_upstream_requests_total{status="200",upstream="tasks"} 1`,
		`tasklane_upstream_duration_seconds_count{upstream="tasks"} 1`,
	)
}

func checkTraces(t *testing.T, spans []sdktrace.ReadOnlySpan, service *receiver) {
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
	if request.Parent().IsValid() || len(request.Links()) != 1 || request.Links()[0].SpanContext.TraceID().String() != strangersTrace {
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

	// The service's own span of the request is a child of the call's.
	ids, of := service.span(t, "listTasks"), call.SpanContext()
	if diff := cmp.Diff([]string{of.TraceID().String(), of.SpanID().String()}, ids); diff != "" {
		t.Errorf("the service's trace and parent (-want +got):\n%s", diff)
	}
}

// receiver receives the traces of another process.
type receiver struct {
	url string

	mu  sync.Mutex
	got []*collector.ExportTraceServiceRequest
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		spans := new(collector.ExportTraceServiceRequest)
		if err != nil || proto.Unmarshal(body, spans) != nil {
			t.Errorf("%s got %q, %v", req.URL, body, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, spans)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// spanTimeout bounds the wait for a span.
const spanTimeout = 10 * time.Second

// span waits for the span of this name and returns the ids of its trace and its
// parent.
func (r *receiver) span(t *testing.T, name string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), spanTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ids := r.find(name); ids != nil {
			return ids
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no span %s arrived", name)
		}
	}
}

func (r *receiver) find(name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range r.got {
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					if span.GetName() == name {
						return []string{hex.EncodeToString(span.GetTraceId()), hex.EncodeToString(span.GetParentSpanId())}
					}
				}
			}
		}
	}
	return nil
}

package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tasklane/tasklane/services/httpapi"
)

// TestLog_HasNoUnknownPath checks the log and the trace. An unknown path may contain a
// secret, and be as long as a server accepts.
func TestLog_HasNoUnknownPath(t *testing.T) {
	t.Parallel()
	const secret, id, longest = "hunter2", "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", 1 << 10
	var log bytes.Buffer
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.NewJSONHandler(&log, nil)), Tracing: provider})
	router.Get("/files/*", func(http.ResponseWriter, *http.Request) {})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "Test", Version: "1"})
	type named struct {
		ID string `path:"id" format:"uuid"`
	}
	httpapi.Register(api, huma.Operation{OperationID: "get", Method: http.MethodGet, Path: "/items/{id}"}, nil, func(context.Context, *named) (*struct{}, error) { return nil, nil })
	for _, tc := range []struct{ method, path, logged string }{
		{"GET", "/" + secret, "/…"},
		{"GET", "/" + strings.Repeat(secret, longest), "/…"},
		{"GET", "/%1b%5b2J%0a" + secret + "%e2%80%ae", "/…"},
		{"GET", "//" + secret, "/…"},
		{"GET", "/items/" + id, "/items/" + id},
		{"GET", "/items/" + secret, "/items/{id}"},
		{"GET", "/items/" + strings.ReplaceAll(id, "-", ""), "/items/{id}"},
		{"GET", "/items/urn:uuid:" + id, "/items/{id}"},
		{"DELETE", "/items/" + secret, "/items/{id}"},
		{"GET", "/files/" + secret, "/files/*"},
		{"POST", "/files/" + secret, "/files/*"},
		{strings.Repeat("HUNTER2", longest), "/" + secret, "/…"},
	} {
		log.Reset()
		r := httptest.NewRequestWithContext(t.Context(), tc.method, "http://localhost"+tc.path, nil)
		router.ServeHTTP(httptest.NewRecorder(), r)
		var line struct{ Method, Path string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Path != tc.logged || log.Len() > longest {
			t.Errorf("%.20s %.60s is logged as %.200s, %v", tc.method, tc.path, &log, err)
		}
		if strings.Contains(strings.ToLower(log.String()), secret) {
			t.Errorf("%.20s %.60s: the log has the secret: %.500s", tc.method, tc.path, &log)
		}
		if span := spans.Ended()[len(spans.Ended())-1]; strings.Contains(fmt.Sprintf("%+v", span.Attributes()), secret) {
			t.Errorf("%.20s %.60s: the span has the secret: %.500s", tc.method, tc.path, span.Attributes())
		}
	}
}

// TestTrace_PublicServersStartTheirOwn compares internal servers with public ones. The
// caller's trace is sampled.
func TestTrace_PublicServersStartTheirOwn(t *testing.T) {
	t.Parallel()
	const callersTrace = "0af7651916cd43dd8448eb211c80319c"
	for name, tc := range map[string]struct {
		public   bool
		own      sdktrace.Sampler // of traces that begin here
		spans    int
		linked   bool
		newTrace bool
	}{
		"an internal server continues the caller's trace": {own: sdktrace.NeverSample(), spans: 1},
		"a public server starts a trace":                  {public: true, own: sdktrace.AlwaysSample(), spans: 1, linked: true, newTrace: true},
		"a public server does its own sampling":           {public: true, own: sdktrace.NeverSample()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sdktrace.ParentBased(tc.own)))
			router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler), Tracing: provider, Public: tc.public})
			router.Get("/", httpapi.NotFound)
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			req.Header.Set("Traceparent", "00-"+callersTrace+"-b7ad6b7169203331-01")
			router.ServeHTTP(httptest.NewRecorder(), req)

			ended := spans.Ended()
			if len(ended) != tc.spans {
				t.Fatalf("%d spans, want %d", len(ended), tc.spans)
			}
			for _, span := range ended {
				if isNew := span.SpanContext().TraceID().String() != callersTrace; isNew != tc.newTrace {
					t.Errorf("the trace is %s", span.SpanContext().TraceID())
				}
				if linked := len(span.Links()) == 1 && span.Links()[0].SpanContext.TraceID().String() == callersTrace; linked != tc.linked {
					t.Errorf("links %v", span.Links())
				}
			}
		})
	}
}
